// Setting up with arrows, OK and Back: the district, the township, type size and language.
import { h } from '@/shared/terminal/dom.ts'
import { say, type Lang } from '@/shared/terminal/words.ts'
import { List, type Row } from './list.ts'
import type { Key } from './remote.ts'
import { regions, type Region } from './settings.ts'

export interface Choice { region: string; lang: Lang; large: boolean }

type Step = { kind: 'district' } | { kind: 'township'; of: Region } | { kind: 'look'; region: string }

/** Asks a household, and goes back one step at a time. leave is there when Back may end it. */
export class Setup {
  readonly root = h('section', { class: 'page setup' })
  private readonly list = new List(() => this.choice.lang, 'tv.setup.more')
  private steps: Step[] = [{ kind: 'district' }]
  private city: Region | undefined
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly choice: Choice, private readonly done: (c: Choice) => void, private readonly leave?: () => void) {
    void this.open()
  }

  key(k: Key): void {
    if (k === 'up' || k === 'left') this.list.move(-1)
    else if (k === 'down' || k === 'right') this.list.move(1)
    else if (k === 'ok') this.list.choose()
    else if (this.steps.length > 1) {
      this.steps.pop()
      void this.open()
    } else this.leave?.()
  }

  private push(step: Step): void {
    this.steps.push(step)
    void this.open()
  }

  private name(r: Region): string { return (this.choice.lang === 'en' && r.nameEn) || r.name }

  private async open(): Promise<void> {
    clearTimeout(this.timer)
    const step = this.steps.at(-1)!
    const { lang } = this.choice
    if (step.kind === 'look') {
      const toggle = (key: string, word: string, change: () => void): Row => ({ key, content: () => [word], choose: () => (change(), void this.open()) })
      return this.draw(say(lang, 'tv.setup.look'), [
        toggle('lang', say(lang, 'tv.setup.lang'), () => { this.choice.lang = lang === 'zh' ? 'en' : 'zh' }),
        toggle('size', say(lang, this.choice.large ? 'tv.setup.large' : 'tv.setup.normal'), () => { this.choice.large = !this.choice.large }),
        { key: 'done', content: () => [say(lang, 'tv.setup.done')], choose: () => this.done({ ...this.choice, region: step.region }), name: 'main' },
      ], 'done')
    }
    const city = (this.city ??= (await regions())?.[0])
    const parent = step.kind === 'district' ? city : step.of
    const inside = parent && (await regions(parent.code))
    if (step !== this.steps.at(-1)) return
    if (!parent || !inside) {
      this.draw(say(lang, 'tv.setup.away'), [], undefined)
      this.timer = setTimeout(() => void this.open(), 3000)
      return
    }
    const next = (r: Region): Row => ({
      key: r.code, content: () => [this.name(r)],
      choose: () => {
        this.choice.region = r.code // Back finds it again
        this.push(step.kind === 'district' ? { kind: 'township', of: r } : { kind: 'look', region: r.code })
      },
    })
    const all: Row = { key: parent.code, content: () => [say(lang, 'tv.setup.all', { place: this.name(parent) })], choose: () => this.push({ kind: 'look', region: parent.code }) }
    this.draw(say(lang, step.kind === 'district' ? 'tv.setup.district' : 'tv.setup.township'), [...inside.map(next), all], this.choice.region.slice(0, step.kind === 'district' ? 6 : 9).padEnd(12, '0'), parent.code)
  }

  private draw(title: string, rows: Row[], focus: string | undefined, whole?: string): void {
    this.root.classList.toggle('large', this.choice.large)
    this.root.lang = this.choice.lang === 'zh' ? 'zh-CN' : 'en'
    const same = this.root.querySelector('h1')?.textContent === title
    this.root.replaceChildren(h('h1', {}, title), this.list.root, h('footer', {}, say(this.choice.lang, 'tv.keys')))
    this.list.set(rows, title)
    if (!same && rows[0]) this.list.at(focus !== whole && rows.some((r) => r.key === focus) ? focus! : rows[0].key)
  }
}
