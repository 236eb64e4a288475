// The screen's page: enrol, then show. It starts from what is kept, before it asks the network
// for anything, so that after a power cut the message stands there as soon as the browser does.
import '@/shared/tokens.css'
import './screen.css'
import { Clock } from '@/shared/terminal/clock.ts'
import { h } from '@/shared/terminal/dom.ts'
import { Media } from '@/shared/terminal/media.ts'
import { Names } from '@/shared/terminal/names.ts'
import { Player } from '@/shared/terminal/player.ts'
import { severityWords, stage, type SeverityWord } from '@/shared/terminal/stage.ts'
import { Takeover } from '@/shared/terminal/takeover.ts'
import { Vault } from '@/shared/terminal/vault.ts'
import { keepOffline, keepRunning } from '@/shared/terminal/watch.ts'
import { say, timeOf } from '@/shared/terminal/words.ts'
import { ask, keyOf, type Identity } from './enrolment.ts'
import { Idle } from './idle.ts'
import { newState, Terminal, type State } from './terminal.ts'
import { Waiting } from './waiting.ts'

const root = document.getElementById('screen')!
const options = new URLSearchParams(location.search)
/** The least severity that keeps the whole screen to its end: ?hold=yellow. */
const hold = severityWords.find((w) => w === options.get('hold')) ?? ('orange' satisfies SeverityWord)

async function main(): Promise<void> {
  const vault = await Vault.open('tongsheng-screen')
  const clock = new Clock()
  const key = await keyOf(vault)
  let identity = await vault.get<Identity>('identity')
  if (!identity) {
    identity = await enrol(clock, key)
    await vault.put('state', newState(identity))
    await vault.put('identity', identity)
    history.replaceState(null, '', location.pathname + location.search) // a token is used up
  }
  const state = (await vault.get<State>('state')) ?? newState(identity)
  clock.wake(state.offset, state.seen)
  await show(vault, clock, key, identity, state)
}

/** Asks until the screen is enrolled, and shows how to do it meanwhile. */
async function enrol(clock: Clock, key: Awaited<ReturnType<typeof keyOf>>): Promise<Identity> {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? ''
  const waiting = new Waiting()
  root.replaceChildren(waiting.root)
  for (;;) {
    await clock.ask()
    const asked = await ask(key, token, clock.micros())
    if (asked !== 'away' && 'identity' in asked) return asked.identity
    waiting.draw(asked)
    await new Promise((resolve) => setTimeout(resolve, asked === 'away' ? 3000 : 'refused' in asked ? 15_000 : 2000))
  }
}

async function show(vault: Vault, clock: Clock, key: Awaited<ReturnType<typeof keyOf>>, identity: Identity, state: State): Promise<void> {
  const [names, media] = [new Names(vault), new Media(vault)]
  await names.open()
  const idle = new Idle(names)
  let zone = await vault.get<string>('zone')
  const here = (): string => terminal.desk.place(identity).region
  const takeover = new Takeover({
    names, media, now: () => clock.now(), zone: () => zone, here,
    painted: (e) => requestAnimationFrame(() => terminal.do((now) => terminal.desk.shown(e, now))),
  })
  const player = new Player(media, () => {
    terminal.tell()
    draw()
  })
  const soundless = h('p', { class: 'soundless', hidden: true }, h('b', {}, say('zh', 'screen.sound.ask')), h('span', {}, say('zh', 'screen.sound.why')))
  const draw = (): void => {
    const { full, listed } = stage(terminal.desk, clock.micros(), hold)
    takeover.show(full, listed.length)
    const lost = terminal.lostSince !== undefined && clock.now() - terminal.lostSince > 20_000 ? say('zh', 'door.offline', { time: timeOf(terminal.lostSince, zone, 'zh') }) : ''
    takeover.note.textContent = [player.blocked ? say('zh', 'door.sound_off') : '', lost].filter(Boolean).join(' · ')
    soundless.hidden = !player.blocked || takeover.showing
    const notes = [terminal.refused ? say('zh', 'screen.refused') : lost, isSecureContext ? '' : say('zh', 'screen.insecure')].filter(Boolean)
    if (!takeover.showing) idle.draw({ now: clock.now(), zone, here: here(), listed, notes })
  }
  const learn = async (codes: string[]): Promise<void> => {
    if (!(await names.learn(codes))) return
    takeover.refresh()
    draw()
  }
  const terminal = new Terminal({
    vault, key, identity, state, clock, player, changed: draw,
    arrived: (o) => {
      void learn(names.needed(o.area, o.from))
      for (const f of [...(o.audio ?? []), ...(o.att ?? [])]) void media.blob(f).catch(() => undefined) // tried again when it plays
    },
  })
  root.replaceChildren(idle.root, soundless, takeover.root)
  terminal.start()
  draw()
  for (const touch of ['pointerdown', 'keydown']) addEventListener(touch, () => void player.unlock())
  void player.unlock()
  void learn([identity.region, ...[6, 9].map((n) => identity.region.slice(0, n).padEnd(12, '0'))])
  void cityZone().then(async (found) => {
    if (!found || found === zone) return
    zone = found
    await vault.put('zone', zone)
    draw()
  })
  keepRunning(() => takeover.showing || terminal.lostSince !== undefined)
}

/** The city's time zone; undefined where it cannot be had now. */
async function cityZone(): Promise<string | undefined> {
  try {
    return ((await (await fetch('/api/city')).json()) as { timeZone?: string }).timeZone
  } catch {
    return undefined
  }
}

keepOffline('/screen/')
main().catch((e: unknown) => {
  root.textContent = String(e)
  setTimeout(() => location.reload(), 10_000)
})
