// A list that arrows walk: five rows at most, the focus always on one of them, marks where
// there is more above or below.
import { h } from '@/shared/terminal/dom.ts'
import { say, type Lang } from '@/shared/terminal/words.ts'

export interface Row {
  key: string
  content: () => (Node | string)[]
  choose: () => void
  name?: string // class
}

export const most = 5

/** The first of the rows that are shown, so that the focus is among them and moves as little
    as it must. */
export function windowOf(first: number, focus: number, count: number): number {
  const least = Math.max(0, Math.min(first, count - most))
  if (focus < least) return focus
  return focus >= least + most ? focus - most + 1 : least
}

export class List {
  readonly root = h('div', { class: 'list', role: 'listbox' })
  private rows: Row[] = []
  private focus = 0
  private first = 0

  constructor(private readonly lang: () => Lang, private readonly more: Parameters<typeof say>[1] = 'tv.more') {}

  /** Takes other rows; the focus stays on the row that it was on, or near it. label says what
      they are. */
  set(rows: Row[], label: string): void {
    this.root.setAttribute('aria-label', label)
    const was = this.rows[this.focus]?.key
    this.rows = rows
    const at = rows.findIndex((r) => r.key === was)
    this.focus = at >= 0 ? at : Math.min(this.focus, Math.max(0, rows.length - 1))
    this.draw()
  }

  /** Puts the focus on a row. */
  at(key: string): void {
    const at = this.rows.findIndex((r) => r.key === key)
    if (at >= 0) this.focus = at
    this.draw()
  }

  move(by: number): void {
    this.focus = Math.max(0, Math.min(this.rows.length - 1, this.focus + by))
    this.draw()
  }

  /** Which row the focus is on. */
  get focused(): number { return this.focus }

  choose(): void { this.rows[this.focus]?.choose() }

  private draw(): void {
    this.first = windowOf(this.first, this.focus, this.rows.length)
    const shown = this.rows.slice(this.first, this.first + most)
    const [above, below] = [this.first, this.rows.length - this.first - shown.length]
    const more = (n: number, where: string): HTMLElement => h('p', { class: `more ${where}` }, n > 0 ? `${where === 'above' ? '▲' : '▼'} ${say(this.lang(), this.more, { count: n })}` : '\u00a0')
    const buttons = shown.map((r, i) => {
      const chosen = this.first + i === this.focus
      const b = h('button', { type: 'button', class: `row ${r.name ?? ''}${chosen ? ' focused' : ''}`, role: 'option', 'aria-selected': String(chosen), tabindex: chosen ? '0' : '-1' }, ...r.content())
      b.onclick = () => r.choose()
      return b
    })
    this.root.classList.toggle('long', this.rows.length > most)
    this.root.replaceChildren(...(this.rows.length > most ? [more(above, 'above')] : []), ...buttons, ...(this.rows.length > most ? [more(below, 'below')] : []))
    buttons[this.focus - this.first]?.focus({ preventScroll: true })
  }
}
