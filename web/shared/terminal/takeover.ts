// The message that takes the whole screen: severity by word, shape and colour, where, what to
// do, by whom, from when until when. Both languages and long texts stand by turns; a line has
// forty characters at most, and what is short is as large as the screen allows.
import { shapes } from '../severity.ts'
import type { Entry } from './desk.ts'
import { drawing, drift, h } from './dom.ts'
import type { Media } from './media.ts'
import type { Names } from './names.ts'
import { paginate, readingTime } from './pages.ts'
import { severityOf } from './stage.ts'
import { langOf, say, whenOf, type Lang } from './words.ts'
import './takeover.css'

export interface Surroundings {
  names: Names
  media?: Media // for pictures; without it none are shown
  now(): number // ms
  zone(): string | undefined
  here(): string // region code
  lang?(): Lang // the only language that is wanted
  painted?(e: Entry): void // a message stands on the screen
}

/** One page of a message; a long one leaves its text more room. */
interface Slide { entry: Entry; lang: Lang; title: string; body: string; page: number; pages: number; long: boolean; picture?: string }

const keyOf = (e: Entry): string => `${e.order.id} ${e.order.v}`

/** What the doors call a message's severity. */
export const severityWord = (e: Entry, lang: Lang): string =>
  e.order.class === 'everyday' ? say(lang, 'door.notice') : say(lang, `door.severity.${severityOf(e)}` as const)

/** Who sent it, by the code of the platform. */
export const issuerOf = (e: Entry, names: Names, lang: Lang): string => {
  const city = names.of(e.order.from.slice(1, 13))
  return city ? say(lang, 'door.issuer', { city: city[lang] || city.zh }) : ''
}

/** The text of a message for a language, or the first there is. */
export const textOf = (e: Entry, lang: Lang): { lang: Lang; title: string; body: string } => {
  const t = e.order.text?.find((t) => langOf(t.lang) === lang) ?? e.order.text?.[0]
  return { lang: t ? langOf(t.lang) : lang, title: t?.title ?? '', body: t?.body ?? '' }
}

export class Takeover {
  readonly root = h('section', { class: 'takeover', hidden: true, role: 'alert' })
  /** What stands beside the page: a line of the door's own at the foot. */
  readonly note = h('p', { class: 'note' })
  private entries: Entry[] = []
  private others = 0
  private slides: Slide[] = []
  private at = 0
  private turn: ReturnType<typeof setTimeout> | undefined
  private pictures = new Map<string, string>() // digest → object URL

  constructor(private readonly around: Surroundings) {
    const room = new ResizeObserver(() => this.entries.length > 0 && this.recut())
    for (const part of [this.root, this.note]) room.observe(part) // a second line at the foot takes room too
  }

  get showing(): boolean { return !this.root.hidden }

  /** Shows these messages by turns, the first at once; none takes it away. */
  show(entries: Entry[], others: number): void {
    drift(this.around.now()).forEach((px, i) => this.root.style.setProperty(i ? '--dy' : '--dx', px))
    const before = this.entries
    this.others = others
    if (entries.length === before.length && entries.every((e, i) => e === before[i])) return
    this.entries = entries
    if (entries.length === 0) return this.hide()
    this.root.hidden = false
    // Another first one takes over in this frame; else the turns go on where they are.
    if (!before[0] || keyOf(before[0]) !== keyOf(entries[0]!)) {
      this.slides = entries.flatMap((e) => this.cut(e))
      this.go(0)
    } else this.recut()
    for (const e of entries) void this.fetchPictures(e)
  }

  /** Cuts the messages anew, and stays where it is as far as that is still there. */
  private recut(): void {
    const s = this.slides[this.at]
    this.slides = this.entries.flatMap((e) => this.cut(e))
    const at = this.slides.findIndex((x) => x.entry === s?.entry && x.lang === s.lang && x.page === s.page && x.picture === s.picture)
    if (at < 0) return this.go(0)
    this.at = at
    this.draw(this.slides[at]!)
    if (!this.turn) this.wait(this.slides[at]!)
  }

  /** Draws afresh, as when a name was learnt. */
  refresh(): void { if (this.slides[this.at]) this.draw(this.slides[this.at]!) }

  private hide(): void {
    clearTimeout(this.turn)
    this.turn = undefined
    this.root.hidden = true
    this.root.replaceChildren()
    this.slides = []
    for (const url of this.pictures.values()) URL.revokeObjectURL(url)
    this.pictures.clear()
  }

  private async fetchPictures(e: Entry): Promise<void> {
    let found = false
    for (const a of e.order.att ?? []) {
      if (!this.around.media || !/^image\/(png|jpeg|gif|webp)$/.test(a.mime) || this.pictures.has(a.sm3)) continue
      const blob = await this.around.media.blob(a).catch(() => undefined)
      if (!blob || !this.entries.includes(e)) continue
      this.pictures.set(a.sm3, URL.createObjectURL(blob))
      found = true
    }
    if (found && this.entries.includes(e)) this.recut()
  }

  /** The slides of a message. Cutting needs the page as it will stand. */
  private cut(e: Entry): Slide[] {
    const only = this.around.lang?.()
    const texts = only ? [textOf(e, only)] : e.order.text?.length ? e.order.text.map((t) => ({ lang: langOf(t.lang), title: t.title ?? '', body: t.body })) : [textOf(e, 'zh')]
    const slides = texts.flatMap((t) => {
      const short = { entry: e, ...t, page: 1, pages: 1, long: false }
      if (fits(this.draw(short)!)) return [short]
      const bodies = pagesIn(this.draw({ ...short, pages: 2, long: true })!, t.body, t.lang)
      return bodies.map((body, i) => ({ ...short, body, page: i + 1, pages: bodies.length, long: true }))
    })
    const pictures = (e.order.att ?? []).map((a) => this.pictures.get(a.sm3)).filter((u) => u !== undefined)
    return [...slides, ...pictures.map((picture) => ({ ...slides[0]!, body: '', picture, page: 1, pages: 1, long: false }))]
  }

  private go(to: number): void {
    clearTimeout(this.turn)
    this.at = to < this.slides.length ? to : 0
    const s = this.slides[this.at]
    if (!s) return
    this.draw(s)
    this.around.painted?.(s.entry)
    this.wait(s)
  }

  private wait(s: Slide): void {
    this.turn = this.slides.length > 1 ? setTimeout(() => this.go(this.at + 1), s.picture ? 12_000 : readingTime(s.body, s.lang)) : undefined
  }

  /** Draws a page, its text as large as its box allows; gives the box. */
  private draw(s: Slide): HTMLElement | null {
    const [{ names, zone, now, here }, o, lang] = [this.around, s.entry.order, s.lang]
    const severity = o.class === 'everyday' ? 'unknown' : severityOf(s.entry)
    this.root.className = `takeover ${severity}${o.drill ? ' drill' : ''}${s.long ? ' long' : ''}`
    this.root.lang = lang === 'zh' ? 'zh-CN' : 'en'
    const when = (at: number): string => whenOf(at / 1000, now(), zone(), lang)
    const title = h('h1', {}, s.title)
    const body = s.picture ? h('div', { class: 'picture' }, h('img', { src: s.picture, alt: '' })) : h('div', { class: 'body' }, h('p', {}, s.body))
    this.root.replaceChildren(
      h('header', {},
        h('p', { class: 'severity' }, drawing(shapes[severity]), h('strong', {}, severityWord(s.entry, lang)),
          h('span', { class: 'place' }, names.places(o.area, here(), lang))),
        title),
      body,
      h('footer', {},
        h('span', { class: 'issuer' }, issuerOf(s.entry, names, lang)),
        h('span', {}, say(lang, 'door.issued', { time: when(o.at) })),
        h('span', {}, say(lang, 'door.until', { time: when(o.until) })),
        this.others > 0 && h('span', {}, say(lang, 'door.others', { count: this.others })),
        s.pages > 1 && h('span', { class: 'count' }, say(lang, 'door.page', { page: s.page, pages: s.pages })),
        this.note),
      ...(o.drill ? ['top', 'bottom'].map((side) => h('div', { class: `hatch ${side}` }, h('b', {}, `${say('zh', 'door.drill')} ${say('en', 'door.drill')}`), h('span', {}, say(lang, 'door.drill_line')))) : []),
    )
    fitTitle(title)
    const box = this.root.querySelector<HTMLElement>('.body')
    if (box) fitBody(box, lang, s.pages > 1)
    return box
  }
}

const steps = 28

/** The sizes that a body's text may have in its box, px, the largest first. The smallest still
    has no line over forty characters. */
function sizes(box: HTMLElement, lang: Lang): number[] {
  const [w, tall] = [box.clientWidth, box.clientHeight > box.clientWidth * 0.7]
  const perLine = lang === 'zh' ? (tall ? 18 : 28) : tall ? 13 : 18 // ems: an English character takes half of one
  const least = w / perLine
  const most = Math.max(least, Math.min(box.clientHeight / 2, w / (lang === 'zh' ? (tall ? 6 : 9) : tall ? 5 : 10)))
  return Array.from({ length: steps }, (_, i) => most * (least / most) ** (i / (steps - 1)))
}

/** Whether a text fits its box. The paragraph itself is measured: what the box has to scroll
    counts the pixels by which the paragraph drifts. */
const fits = (box: HTMLElement): boolean => {
  const p = box.firstElementChild as HTMLElement
  return p.offsetHeight <= box.clientHeight + 1 && p.scrollWidth <= box.clientWidth + 1
}

function fitBody(box: HTMLElement, lang: Lang, paged: boolean): void {
  const all = sizes(box, lang)
  if (paged) {
    box.style.fontSize = `${all.at(-1)}px`
    return
  }
  for (const size of all) {
    box.style.fontSize = `${size}px`
    if (fits(box)) return
  }
}

function pagesIn(box: HTMLElement, body: string, lang: Lang): string[] {
  const p = box.firstElementChild as HTMLElement
  box.style.fontSize = `${sizes(box, lang).at(-1)}px`
  const pages = paginate(body, (page) => {
    p.textContent = page
    return fits(box)
  })
  return pages.length > 0 ? pages : ['']
}

/** A title has two lines at most, three where it is long. */
function fitTitle(title: HTMLElement): void {
  const largest = Number.parseFloat(getComputedStyle(title).fontSize)
  const lines = [...(title.textContent ?? '')].length > 30 ? 3 : 2
  for (let size = largest; size > largest / 3; size *= 0.94) {
    title.style.fontSize = `${size}px`
    if (title.clientHeight <= size * 1.2 * lines + 1 && title.scrollWidth <= title.clientWidth + 1) return
  }
}
