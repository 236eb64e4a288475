// The crawl over the picture: one message after the other along the foot, with its severity by
// word, shape and colour. Who does not want motion reads it in pieces that stand still.
import { shapes } from '@/shared/severity.ts'
import type { Entry } from '@/shared/terminal/desk.ts'
import { drawing, h } from '@/shared/terminal/dom.ts'
import type { Names } from '@/shared/terminal/names.ts'
import { paginate, readingTime } from '@/shared/terminal/pages.ts'
import { severityOf } from '@/shared/terminal/stage.ts'
import { issuerOf, severityWord, textOf } from '@/shared/terminal/takeover.ts'
import { say, type Lang } from '@/shared/terminal/words.ts'

export class Crawl {
  readonly root = h('aside', { class: 'crawl', hidden: true, role: 'status' })
  private entries: Entry[] = []
  private at = 0
  private timer: ReturnType<typeof setTimeout> | undefined
  private moved: Animation | undefined

  constructor(private readonly names: Names, private readonly lang: () => Lang, private readonly here: () => string) {}

  get showing(): boolean { return !this.root.hidden }

  show(entries: Entry[]): void {
    if (entries.length === this.entries.length && entries.every((e, i) => e === this.entries[i])) return
    const standing = this.entries[this.at]
    this.entries = entries
    if (entries.length === 0) {
      this.stop()
      this.root.hidden = true
      this.root.replaceChildren()
      return
    }
    const still = standing ? entries.indexOf(standing) : -1
    this.root.hidden = false
    if (still >= 0) this.at = still
    else this.run(0)
  }

  private stop(): void {
    clearTimeout(this.timer)
    this.moved?.cancel()
  }

  private run(to: number): void {
    this.stop()
    this.at = to % this.entries.length
    const e = this.entries[this.at]!
    const lang = this.lang()
    const [t, severity] = [textOf(e, lang), e.order.class === 'everyday' ? 'unknown' : severityOf(e)]
    const words = [t.title, this.names.places(e.order.area, this.here(), t.lang), t.body.replaceAll('\n', ' '), issuerOf(e, this.names, t.lang)].filter(Boolean).join(t.lang === 'zh' ? '　　' : ' — ')
    const text = h('p', { lang: t.lang === 'zh' ? 'zh-CN' : 'en' }, words)
    const track = h('div', { class: 'track' }, text)
    this.root.className = `crawl ${severity}${e.order.drill ? ' drill' : ''}`
    this.root.replaceChildren(
      h('div', { class: 'kind' }, drawing(shapes[severity]), h('strong', {}, severityWord(e, lang)), e.order.drill && h('b', {}, `${say('zh', 'door.drill')} ${say('en', 'door.drill')}`)),
      track, h('span', { class: 'hint' }, say(lang, 'tv.back')))
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return this.pieces(text, track, words, t.lang)
    const way = track.clientWidth + text.scrollWidth
    const speed = innerHeight / 5.5 // a line of this height is read comfortably at this pace, px a second
    this.moved = text.animate([{ transform: `translateX(${track.clientWidth}px)` }, { transform: `translateX(${-text.scrollWidth}px)` }], { duration: (way / speed) * 1000, easing: 'linear' })
    this.moved.onfinish = () => this.run(this.at + 1)
  }

  private pieces(text: HTMLElement, track: HTMLElement, words: string, lang: Lang): void {
    const all = paginate(words, (p) => {
      text.textContent = p
      return text.scrollWidth <= track.clientWidth
    })
    const next = (i: number): void => {
      if (i >= all.length) return this.run(this.at + 1)
      text.textContent = all[i]!
      this.timer = setTimeout(() => next(i + 1), readingTime(all[i]!, lang))
    }
    next(0)
  }
}
