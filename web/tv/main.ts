// The television's page: set up once with the remote control, then messages appear by
// themselves: along the foot, or over everything, as grave as they are.
import '@/shared/tokens.css'
import './tv.css'
import { shapes } from '@/shared/severity.ts'
import { Clock } from '@/shared/terminal/clock.ts'
import { drawing, h } from '@/shared/terminal/dom.ts'
import { Media } from '@/shared/terminal/media.ts'
import { Names } from '@/shared/terminal/names.ts'
import { Player } from '@/shared/terminal/player.ts'
import { severityOf } from '@/shared/terminal/stage.ts'
import { severityWord, Takeover } from '@/shared/terminal/takeover.ts'
import { Vault } from '@/shared/terminal/vault.ts'
import { keepOffline, keepRunning } from '@/shared/terminal/watch.ts'
import { say } from '@/shared/terminal/words.ts'
import { Asking } from './asking.ts'
import { Crawl } from './crawl.ts'
import { Home } from './home.ts'
import { Line } from './line.ts'
import { Offers } from './offers.ts'
import { keyOf, type Key } from './remote.ts'
import { newSetState, TvSet, type SetState } from './set.ts'
import { askTrust, newSet, type Settings } from './settings.ts'
import { Setup, type Choice } from './setup.ts'

const root = document.getElementById('tv')!
const options = new URLSearchParams(location.search)
const overlay = options.has('overlay')
document.documentElement.classList.toggle('overlay', overlay)

/** Whoever has the keys now. */
let keys: (k: Key) => void = () => undefined
addEventListener('keydown', (e) => {
  const k = keyOf(e)
  if (!k) return
  e.preventDefault()
  keys(k)
})
// A set's own Back goes through the history: it is one more key.
history.pushState(null, '')
addEventListener('popstate', () => {
  history.pushState(null, '')
  keys('back')
})

async function main(): Promise<void> {
  const vault = await Vault.open('tongsheng-tv')
  let settings = await vault.get<Settings>('settings')
  // Hotels and boxes name the place in the address: /tv/?region=110105001000&lang=en
  const named = options.get('region')
  if (named && settings?.region !== named) settings = await learn(vault, settings, { region: named, lang: options.get('lang') === 'en' ? 'en' : 'zh', large: options.has('large') })
  settings ??= await setUp(vault)
  await show(vault, settings)
}

/** Keeps a choice, with what the platform says when it is first made. */
async function learn(vault: Vault, old: Settings | undefined, choice: Choice): Promise<Settings> {
  for (;;) {
    const told = await askTrust()
    if (told || old) {
      const { full, hold } = told ?? old!
      // Whom to believe was settled when the set was set up.
      const settings = { ...choice, set: old?.set ?? newSet(), issuers: old?.issuers ?? told!.issuers, full, hold }
      await vault.put('settings', settings)
      if (old?.region !== choice.region) await vault.drop('state') // another place, other messages
      return settings
    }
    root.replaceChildren(h('section', { class: 'page' }, h('h1', {}, say(choice.lang, 'tv.setup.away'))))
    await new Promise((resolve) => setTimeout(resolve, 3000))
  }
}

function setUp(vault: Vault): Promise<Settings> {
  return new Promise((resolve) => {
    const setup = new Setup({ region: '', lang: navigator.language.startsWith('en') ? 'en' : 'zh', large: false }, (c) => void learn(vault, undefined, c).then(resolve))
    keys = (k) => setup.key(k)
    root.replaceChildren(setup.root)
  })
}

async function show(vault: Vault, settings: Settings): Promise<void> {
  const [names, media, clock] = [new Names(vault), new Media(vault), new Clock()]
  await names.open()
  const state = (await vault.get<SetState>('state')) ?? newSetState()
  clock.wake(state.offset, state.seen)
  let zone = await vault.get<string>('zone')
  const lang = () => settings.lang
  const here = () => settings.region
  let ready = false
  let reading: string | undefined // id of a message that somebody opened
  const takeover = new Takeover({ names, media, lang, here, now: () => clock.now(), zone: () => zone, painted: (e) => requestAnimationFrame(() => { if (tv.whole(e)) tv.shown(e, 'full') }) })
  const [crawl, badge] = [new Crawl(names, lang, here), h('aside', { class: 'badge', hidden: true })]
  const invite = h('aside', { class: 'invite', hidden: true, role: 'status' })
  const offers = new Offers(vault, settings.region, () => ready && draw())
  let asking: Asking | undefined
  const player = new Player(media, () => draw())
  let line: Line | undefined
  const draw = (): void => {
    const now = clock.micros()
    const [full, opened] = [tv.full(now), tv.live(now).find((e) => e.order.id === reading)]
    if (!opened) reading = undefined
    takeover.show(full.length > 0 ? full : opened ? [opened] : [], 0)
    const left = full[0] ? tv.remaining(full[0]) : 0
    takeover.note.textContent = [full[0] ? (left > 0 ? say(settings.lang, 'tv.wait', { count: left }) : say(settings.lang, 'tv.ok')) : say(settings.lang, 'tv.back'),
      player.blocked ? say(settings.lang, 'door.sound_off') : ''].filter(Boolean).join(' · ')
    const crawling = takeover.showing ? [] : tv.crawling(now)
    crawl.show(crawling)
    for (const e of crawling) tv.shown(e, 'crawl')
    const held = takeover.showing ? [] : tv.badges(now)
    badge.hidden = held.length === 0
    if (held[0]) {
      badge.className = `badge ${severityOf(held[0])}`
      badge.replaceChildren(drawing(shapes[severityOf(held[0])]), say(settings.lang, 'tv.badge', { severity: severityWord(held[0], settings.lang) }))
    }
    // Over the programme an invitation stands only where nothing else does: a message sends it away.
    const invited = overlay ? offers.inviting(clock.now(), tv.live(now).length === 0 && !reading && !asking) : undefined
    invite.hidden = !invited
    if (invited && invite.dataset.survey !== invited.id) {
      invite.dataset.survey = invited.id
      invite.replaceChildren(h('b', {}, say(settings.lang, 'tv.survey.row', { name: (settings.lang === 'en' && invited.nameEn) || invited.nameZh })), h('span', {}, say(settings.lang, 'tv.survey.invite')))
    }
    home.draw({ now: clock.now(), zone, settings, live: tv.live(now), surveys: offers.list, up: line?.up ?? false })
  }
  const tv: TvSet = new TvSet({
    vault, settings, state, clock, player, changed: () => ready && draw(), report: (r) => line?.report(r),
    arrived: (o) => {
      void names.learn(names.needed(o.area, o.from)).then((learnt) => { if (learnt) takeover.refresh() })
      for (const f of o.audio ?? []) void media.blob(f).catch(() => undefined)
    },
  })
  const home: Home = new Home(names, (id) => { reading = id; draw() }, (id) => ask(id), () => change())
  const change = (): void => {
    const setup = new Setup({ region: settings.region, lang: settings.lang, large: settings.large }, (c) => void learn(vault, settings, c).then(() => location.reload()), back)
    const before = keys
    function back(): void {
      keys = before
      setup.root.remove()
      home.root.hidden = false
      draw()
    }
    keys = (k) => (tv.full(clock.micros()).length > 0 ? before(k) : setup.key(k)) // a warning goes before
    home.root.hidden = true
    root.prepend(setup.root)
  }
  const ask = (survey: string): void => {
    offers.away(clock.now())
    const before = keys
    const current = new Asking({ survey, lang: settings.lang, large: settings.large, place: settings.region, done: () => offers.done(survey), leave: () => {
      keys = before
      asking = undefined
      home.root.hidden = false
      draw()
    } })
    asking = current
    // A warning goes before, and the crawl is put away before the survey goes back.
    keys = (k) => (tv.full(clock.micros()).length > 0 || (k === 'back' && crawl.showing) ? before(k) : current.key(k))
    home.root.hidden = true
    root.prepend(current.root)
    draw()
  }
  ready = true
  keys = (k) => {
    void player.unlock()
    const full = tv.full(clock.micros())
    if (full.length > 0) {
      if ((k === 'ok' || k === 'back') && tv.remaining(full[0]!) === 0) tv.putAway([full[0]!])
    } else if (reading) {
      if (k === 'back' || k === 'ok') reading = undefined
    } else if (k === 'back' && crawl.showing) {
      tv.putAway(tv.crawling(clock.micros()))
    } else if (!invite.hidden && k === 'ok') {
      ask(invite.dataset.survey!)
    } else if (!invite.hidden && k === 'back') {
      offers.away(clock.now())
    } else if (!overlay) home.key(k) // over a programme nobody sees the list
    draw()
  }
  line = new Line({
    region: settings.region, set: settings.set, vault, receive: (frame) => tv.receive(frame),
    clock: (at) => { clock.set(at / 1000, Date.now()) },
  })
  root.replaceChildren(home.root, invite, crawl.root, badge, takeover.root)
  draw()
  setInterval(() => tv.tick(), 1000)
  setInterval(() => tv.store(), 300_000) // the hour
  void player.unlock()
  void names.learn([settings.region]).then(draw)
  void askTrust().then(async (told) => {
    if (!told || (told.full === settings.full && told.hold === settings.hold)) return
    Object.assign(settings, { full: told.full, hold: told.hold })
    await vault.put('settings', settings)
  })
  void fetch('/api/city').then(async (r) => {
    zone = ((await r.json()) as { timeZone: string }).timeZone
    await vault.put('zone', zone)
    draw()
  }).catch(() => undefined) // it is asked at every start
  keepRunning(() => takeover.showing || crawl.showing || !!asking || !line!.up)
}

keepOffline('/tv/')
main().catch((e: unknown) => {
  root.textContent = String(e)
  setTimeout(() => location.reload(), 10_000)
})
