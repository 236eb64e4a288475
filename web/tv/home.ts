// The television's own page, where no programme runs yet: what holds at this place, five rows at
// most, and the settings.
import { shapes } from '@/shared/severity.ts'
import type { Entry } from '@/shared/terminal/desk.ts'
import { drawing, h } from '@/shared/terminal/dom.ts'
import type { Names } from '@/shared/terminal/names.ts'
import { severityOf } from '@/shared/terminal/stage.ts'
import { severityWord, textOf } from '@/shared/terminal/takeover.ts'
import { say, timeOf, whenOf } from '@/shared/terminal/words.ts'
import { List, type Row } from './list.ts'
import type { Asked } from './offers.ts'
import type { Key } from './remote.ts'
import type { Settings } from './settings.ts'

export interface Scene {
  now: number // ms
  zone: string | undefined
  settings: Settings
  live: Entry[]
  surveys: Asked[]
  up: boolean
}

export class Home {
  readonly root = h('section', { class: 'page home' })
  private scene: Scene | undefined
  private readonly list: List
  private drawn = ''
  private lostSince: number | undefined

  constructor(private readonly names: Names, private readonly open: (id: string) => void, private readonly ask: (survey: string) => void, private readonly change: () => void) {
    this.list = new List(() => this.scene?.settings.lang ?? 'zh')
  }

  key(k: Key): void {
    if (k === 'up' || k === 'left') this.list.move(-1)
    else if (k === 'down' || k === 'right') this.list.move(1)
    else if (k === 'ok') this.list.choose()
  }

  draw(s: Scene): void {
    this.scene = s
    const { lang, large, region } = s.settings
    this.lostSince = s.up ? undefined : (this.lostSince ?? s.now)
    const lost = this.lostSince !== undefined && s.now - this.lostSince > 20_000 ? say(lang, 'door.offline', { time: timeOf(this.lostSince, s.zone, lang) }) : ''
    const place = this.names.full(region, lang)
    const key = JSON.stringify([lang, large, place, timeOf(s.now, s.zone, lang), lost, s.live.map((e) => [e.order.id, e.order.v]), s.surveys.map((a) => a.id)])
    if (key === this.drawn) return
    this.drawn = key
    this.root.classList.toggle('large', large)
    this.root.lang = lang === 'zh' ? 'zh-CN' : 'en'
    this.root.replaceChildren(
      h('header', {}, h('h1', {}, say(lang, 'tv.here', { place })), h('time', {}, timeOf(s.now, s.zone, lang))),
      ...(s.live.length === 0 ? [h('p', { class: 'none' }, say(lang, 'tv.none'))] : []),
      this.list.root,
      h('footer', {}, h('span', {}, say(lang, 'tv.keys')), lost && h('span', {}, lost)))
    this.list.set([...s.live.map((e) => this.row(e, s)), ...s.surveys.map((a): Row => ({ key: a.id, content: () => [say(lang, 'tv.survey.row', { name: (lang === 'en' && a.nameEn) || a.nameZh })], choose: () => this.ask(a.id) })), { key: 'settings', name: 'quiet', content: () => [say(lang, 'tv.settings')], choose: this.change }], say(lang, 'tv.here', { place }))
  }

  private row(e: Entry, s: Scene): Row {
    const { lang } = s.settings
    const [t, severity] = [textOf(e, lang), e.order.class === 'everyday' ? 'unknown' : severityOf(e)]
    return {
      key: e.order.id, name: severity, choose: () => this.open(e.order.id),
      content: () => [drawing(shapes[severity]), h('span', { class: 'what' }, h('b', {}, t.title), h('small', {}, severityWord(e, lang))),
        h('small', { class: 'until' }, say(lang, 'door.until', { time: whenOf(e.order.until / 1000, s.now, s.zone, lang) }))],
    }
  }
}
