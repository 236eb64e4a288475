// What stands on a screen when no alert does: the hour, the day, the place, and the messages
// that hold today. It is the ground on which a playlist will stand.
import { shapes } from '@/shared/severity.ts'
import type { Entry } from '@/shared/terminal/desk.ts'
import { drawing, drift, h } from '@/shared/terminal/dom.ts'
import type { Names } from '@/shared/terminal/names.ts'
import { severityOf } from '@/shared/terminal/stage.ts'
import { severityWord, textOf } from '@/shared/terminal/takeover.ts'
import { dayOf, say, timeOf, whenOf, type Lang } from '@/shared/terminal/words.ts'

/** How many messages stand there; more take turns. */
const most = 3
const turn = 15_000 // ms

export interface Scene {
  now: number // ms
  zone: string | undefined
  here: string
  listed: Entry[]
  notes: string[]
}

export class Idle {
  readonly root = h('section', { class: 'idle' })
  private drawn = ''
  constructor(private readonly names: Names) {}

  draw(s: Scene): void {
    // Both languages by turns, and other messages when there are many.
    const step = Math.floor(s.now / turn)
    const lang: Lang = s.listed.some((e) => (e.order.text?.length ?? 0) > 1) && step % 2 === 1 ? 'en' : 'zh'
    const pages = Math.ceil(s.listed.length / most)
    const from = pages > 1 ? (Math.floor(step / 2) % pages) * most : 0
    const shown = s.listed.slice(from, from + most)
    const moved = drift(s.now).join(' ')
    const key = JSON.stringify([timeOf(s.now, s.zone, 'zh'), lang, shown.map((e) => [e.order.id, e.order.v]), s.notes, s.here, moved, this.names.full(s.here, lang)])
    if (key === this.drawn) return
    this.drawn = key
    this.root.lang = lang === 'zh' ? 'zh-CN' : 'en'
    this.root.style.translate = moved
    this.root.replaceChildren(
      h('div', { class: 'clock' },
        h('time', {}, timeOf(s.now, s.zone, lang)),
        h('p', {}, dayOf(s.now, s.zone, lang)),
        h('p', { class: 'where' }, this.names.full(s.here, lang))),
      ...(shown.length > 0 ? [h('ul', { class: 'today' }, ...shown.map((e) => this.item(e, lang, s)))] : []),
      h('footer', {}, ...s.notes.map((n) => h('span', {}, n))),
    )
  }

  private item(e: Entry, lang: Lang, s: Scene): HTMLElement {
    const [t, severity] = [textOf(e, lang), severityOf(e)]
    const urgent = e.order.class === 'emergency'
    return h('li', { class: urgent ? severity : 'notice', lang: t.lang === 'zh' ? 'zh-CN' : 'en' },
      h('p', { class: 'kind' }, urgent && drawing(shapes[severity]), severityWord(e, lang), e.order.drill && h('b', {}, `${say('zh', 'door.drill')} ${say('en', 'door.drill')}`),
        h('span', {}, say(lang, 'door.until', { time: whenOf(e.order.until / 1000, s.now, s.zone, lang) }))),
      h('h2', {}, t.title),
      h('p', { class: 'text' }, t.body))
  }
}
