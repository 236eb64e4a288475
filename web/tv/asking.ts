// A survey on the television: arrows, OK and Back, one question to a screen, five rows at most.
// What a remote control cannot say goes on on a telephone. Nothing of it outlives the page.
import { faultWords } from '@/shared/survey/faults.ts'
import { checkPage, findQuestion, offered, say as sayText, type Answers, type Fault, type Form, type Text } from '@/shared/survey/form.ts'
import { drawing, h } from '@/shared/terminal/dom.ts'
import { paginate } from '@/shared/terminal/pages.ts'
import { say, type Lang } from '@/shared/terminal/words.ts'
import { hex } from '@/shared/wire/bytes.ts'
import { List, type Row } from './list.ts'
import type { Asked } from './offers.ts'
import { askFor, giveAnswer, handOver, Refused, waits, type Handed } from './platform.ts'
import type { Key } from './remote.ts'
import { answered, answerOf, middle, needsPhone, stepsOf, turnDay, type Step } from './steps.ts'

const [idleAfter, thanksFor, pollEvery, retryEvery] = [300_000, 60_000, 2000, 4000] // ms

export interface Options { survey: string; lang: Lang; large: boolean; place: string; leave(): void; done(): void }

type Turning = Row & { turn?: (by: number) => void }

export class Asking {
  readonly root = h('section', { class: 'page survey' })
  private asked: Asked | undefined
  private form!: Form
  private answers: Answers = {}
  private step: Step | undefined // none: before the first, or after the last
  private faults: Fault[] = []
  private rows: Turning[] = []
  private handed: Handed | undefined
  private notice = 0 // page of what is told before the first question
  private over = false
  private left = false
  private touched = performance.now()
  private quick = { at: 0, count: 0 }
  private readonly list: List
  private readonly id = hex(crypto.getRandomValues(new Uint8Array(16)))
  private readonly started = Math.floor(Date.now() / 1000)
  private readonly timer = setInterval(() => this.watch(), pollEvery)

  constructor(private readonly o: Options) {
    this.list = new List(() => o.lang, 'tv.setup.more')
    this.root.classList.toggle('large', o.large)
    this.root.lang = o.lang === 'zh' ? 'zh-CN' : 'en'
    void this.open()
  }

  key(k: Key): void {
    this.touched = performance.now()
    const row = this.rows[this.list.focused]
    if (k === 'up' || k === 'down') this.list.move(k === 'up' ? -1 : 1)
    else if (k === 'ok') this.list.choose()
    else if (k === 'back') void this.back()
    else if (row?.turn) row.turn(this.pace(k === 'left' ? -1 : 1))
    else if (!this.step && !this.over && this.asked) this.begin(this.notice + (k === 'left' ? -1 : 1))
    else if (k === 'right' && this.step && (this.step.q.kind === 'several' || this.step.q.kind === 'note')) this.forward()
  }

  /** A dial goes by tens when its key is held. */
  private pace(by: number): number {
    const now = performance.now()
    this.quick = { at: now, count: now - this.quick.at < 250 ? this.quick.count + 1 : 0 }
    return this.quick.count > 8 ? 10 * by : by
  }

  private word(key: Parameters<typeof say>[1], args = {}): string { return say(this.o.lang, key, args) }
  private text(t: Text | undefined): string { return sayText(t, this.o.lang, this.form) }
  private get steps(): Step[] { return stepsOf(this.form, this.answers, this.id) }
  private at(steps: Step[]): number { return steps.findIndex((s) => s.q.id === this.step?.q.id && s.row === this.step.row) }

  private leave(): void {
    if (this.left) return
    this.left = true
    clearInterval(this.timer)
    if (this.handed && !this.over) void waits(this.handed.key, true, this.o.lang).catch(() => undefined)
    this.root.remove()
    this.o.leave()
  }

  /** Each two seconds: whether anybody is there, and whether a telephone has taken the answer up. */
  private watch(): void {
    const still = performance.now() - this.touched
    if (still > (this.over ? thanksFor : idleAfter)) return this.leave()
    const handed = this.handed
    if (handed && !this.over) void waits(handed.key, false, this.o.lang).then((waiting) => { if (!waiting && handed === this.handed) this.moved() }, () => undefined)
  }

  private async open(): Promise<void> {
    this.draw(this.word('tv.survey.opening'), [])
    try {
      this.asked = await askFor(this.o.survey, this.o.lang)
      this.form = this.asked.form as unknown as Form
      if (this.asked.enough) this.end(this.word('tv.survey.full'))
      else this.begin(0)
    } catch (thrown) {
      this.end(this.reason(thrown))
    }
  }

  private reason(thrown: unknown): string { return (thrown instanceof Refused && thrown.message) || this.word('tv.setup.away') }

  /** What people are told before they begin, a page at a time where it is long. */
  private begin(page: number): void {
    const a = this.asked!
    const told = [this.text(this.form.intro), (this.o.lang === 'en' && a.noticeEn) || a.noticeZh].filter(Boolean).join('\n')
    const box = h('div', { class: 'told' }, h('p'))
    const name = (this.o.lang === 'en' && a.nameEn) || a.nameZh
    const rows = [{ key: 'start', name: 'main', content: () => [this.word('tv.survey.start')], choose: () => this.go(this.steps[0]) }, { key: 'no', content: () => [this.word('tv.survey.no')], choose: () => this.leave() }]
    this.draw(name, rows, { above: [box] })
    const pages = paginate(told, (p) => {
      box.firstElementChild!.textContent = p
      return (box.firstElementChild as HTMLElement).offsetHeight <= box.clientHeight
    })
    this.notice = Math.max(0, Math.min(page, pages.length - 1))
    box.firstElementChild!.textContent = pages[this.notice] ?? ''
    if (pages.length > 1) this.root.querySelector('footer')!.append(h('span', {}, this.word('tv.survey.pages', { page: this.notice + 1, pages: pages.length })))
  }

  private go(step: Step | undefined): void {
    this.step = step
    this.faults = []
    this.handed = undefined
    if (!step) return void this.send()
    this.ask(true)
  }

  /** Draws the question that was come to; fresh puts the focus on its answer. */
  private ask(fresh: boolean): void {
    const step = this.step!
    const { q, row } = step
    const steps = this.steps
    const title = [this.text(q.title), row !== undefined && this.text(q.rows!.find((r) => r.id === row)!.title)].filter(Boolean).join(this.o.lang === 'zh' ? '：' : ': ')
    const progress = { at: this.at(steps) + 1, of: steps.length }
    this.rows = needsPhone(q) ? [] : this.rowsOf(step)
    if (!q.required && q.kind !== 'note' && q.kind !== 'several') this.rows.push({ key: 'skip', name: 'quiet', content: () => [this.word('tv.survey.skip')], choose: () => void this.skip() })
    const help = this.text(q.help) || (q.kind === 'several' ? this.word('tv.survey.several') : '')
    this.draw(title, this.rows, { progress, help, fault: this.faults.map((f) => faultWords(this.form, f, this.o.lang, this.o.lang)).join(' ') })
    const now = answerOf(this.answers, step)
    if (fresh && this.rows[0]) this.list.at(this.rows.some((r) => r.key === String(now)) ? String(now) : this.rows[0].key)
    // What does not fit a screen is read on a telephone as well.
    if (needsPhone(q) || this.root.scrollHeight > this.root.clientHeight + 1) void this.offerPhone(step)
  }

  private rowsOf(step: Step): Turning[] {
    const { q } = step
    const now = answerOf(this.answers, step)
    const pick = (key: string, value: unknown, words: string): Turning => ({ key, content: () => [now === value || (now as { $?: string } | undefined)?.$ === (value as { $?: string }).$ && key.startsWith('$') ? `✓ ${words}` : words], choose: () => this.take(value) })
    const declines = (q.nonresponse ?? []).map((n) => pick(`$${n.id}`, step.row === undefined ? { $: n.id } : n.id, this.text(n.title)))
    const next: Turning = { key: 'next', name: 'main', content: () => [this.word('tv.survey.next')], choose: () => this.forward() }
    switch (q.kind) {
      case 'single':
        return [...offered(this.form, q, this.answers, this.id).map((c) => pick(c.id, c.id, this.text(c.title))), ...declines]
      case 'several': {
        const picks = Array.isArray(now) ? (now as string[]) : []
        const alone = (id: string) => !!q.choices!.find((c) => c.id === id)?.exclusive
        const toggle = (id: string) => picks.includes(id) ? picks.filter((x) => x !== id) : alone(id) ? [id] : [...picks.filter((x) => !alone(x)), id]
        return [...offered(this.form, q, this.answers, this.id).map((c): Turning => ({ key: c.id, content: () => [`${picks.includes(c.id) ? '☑' : '☐'} ${this.text(c.title)}`], choose: () => this.set(toggle(c.id)) })), ...declines, next]
      }
      case 'scale':
      case 'grid': {
        const s = q.scale!
        const end = (n: number) => (n === s.low ? this.text(s.lowTitle) : n === s.high ? this.text(s.highTitle) : '')
        return [...Array.from({ length: s.high - s.low + 1 }, (_, i) => s.low + i).map((n) => pick(String(n), n, [n, end(n)].filter((x) => x !== '').join('　'))), ...declines]
      }
      case 'number': {
        const value = typeof now === 'number' ? now : middle(q)
        const within = (n: number) => Math.max(q.min ?? -Infinity, Math.min(q.max ?? Infinity, n))
        return [{ key: 'dial', content: () => [`◀ ${value} ${this.text(q.unit)} ▶`], choose: () => this.take(value), turn: (by) => this.set(within(value + by)) }, ...declines]
      }
      case 'date': {
        const value = typeof now === 'string' ? now : [new Date().toISOString().slice(0, 10), q.latest].filter(Boolean).sort()[0]!
        return [...(['year', 'month', 'day'] as const).map((part, i): Turning => ({ key: part, content: () => [`◀ ${this.word(`tv.survey.${part}`, { n: String(Number(value.split('-')[i])) })} ▶`], choose: () => this.take(value), turn: (by) => this.set(turnDay(value, i, by)) })),
          { ...next, choose: () => this.take(value) }, ...declines]
      }
      case 'note':
        return [next]
    }
    return []
  }

  /** Changes the answer and stays. */
  private set(value: unknown): void {
    this.answers = answered(this.answers, this.step!, Array.isArray(value) && value.length === 0 ? undefined : value)
    this.faults = []
    this.ask(false)
  }

  private take(value: unknown): void {
    this.answers = answered(this.answers, this.step!, value)
    this.forward()
  }

  private async skip(): Promise<void> {
    if (!(await this.takeBack())) return
    this.answers = answered(this.answers, this.step!, undefined)
    this.forward()
  }

  /** Goes on where nothing is wrong with the answer. */
  private forward(): void {
    const { q, row } = this.step!
    const { page } = findQuestion(this.form, q.id)!
    const steps = this.steps
    const next = steps[this.at(steps) + 1]
    const whole = next?.q.id !== q.id // of a grid, after its last row
    this.faults = checkPage(this.form, this.answers, page).filter((f) => f.question === q.id && (f.row === row || (whole && f.row === undefined)))
    if (this.faults.length > 0) return this.ask(false)
    this.go(next)
  }

  private async back(): Promise<void> {
    if (this.over || !this.step) return this.leave()
    if (!(await this.takeBack())) return
    const steps = this.steps
    const before = steps[this.at(steps) - 1]
    if (before) this.go(before)
    else {
      this.step = undefined
      this.handed = undefined
      this.begin(0)
    }
  }

  /** Shows the picture by which a telephone goes on at this question. */
  private async offerPhone(step: Step): Promise<void> {
    const place = h('div', { class: 'phone', role: 'status' }, h('p', {}, this.word('tv.survey.picture')))
    this.root.append(place)
    this.root.classList.add('with-phone')
    for (;;) {
      try {
        const handed = await handOver(this.o.survey, this.asked!.pass, { version: this.asked!.version, place: this.o.place, question: step.q.id, answers: this.answers }, this.o.lang)
        if (this.step !== step || this.left) return void waits(handed.key, true, this.o.lang).catch(() => undefined)
        this.handed = handed
        const picture = drawing(handed.qr, handed.size)
        picture.classList.add('qr')
        picture.setAttribute('role', 'img')
        picture.setAttribute('aria-label', handed.address)
        picture.removeAttribute('aria-hidden')
        place.replaceChildren(picture, h('p', {}, this.word(step.q.required ? 'tv.survey.phone' : 'tv.survey.phone_or')))
        return
      } catch (thrown) {
        if (!(await this.mayRetry(thrown, () => this.step === step))) return
      }
    }
  }

  /** Waits before the platform is asked again; false where that is of no use. */
  private async mayRetry(thrown: unknown, wanted: () => boolean): Promise<boolean> {
    if (!(thrown instanceof Refused) || !thrown.passing) {
      if (wanted()) this.end(this.reason(thrown))
      return false
    }
    if (thrown.code === 'measure.survey.pass') this.asked!.pass = (await askFor(this.o.survey, this.o.lang).catch(() => this.asked!)).pass
    await new Promise((resolve) => setTimeout(resolve, retryEvery))
    return wanted() && !this.left
  }

  /** Takes back what was handed over; false where a telephone has it already. */
  private async takeBack(): Promise<boolean> {
    const handed = this.handed
    if (!handed) return true
    const was = await waits(handed.key, true, this.o.lang).catch(() => undefined)
    if (was === false) this.moved()
    if (was !== true) return false // without the platform nobody knows who has it
    this.handed = undefined
    return true
  }

  private moved(): void { this.end(this.word('tv.survey.moved')) }

  private async send(): Promise<void> {
    this.rows = []
    this.draw(this.word('tv.survey.sending'), [])
    for (;;) {
      try {
        const given = { id: this.id, version: this.asked!.version, lang: this.o.lang, place: this.o.place, started: this.started, answers: this.answers }
        const became = await giveAnswer(this.o.survey, this.asked!.pass, given, this.o.lang)
        this.o.done()
        return this.end(became === 'full' ? this.word('tv.survey.full') : this.text(this.form.thanks) || this.word('tv.survey.thanks'))
      } catch (thrown) {
        if (!(await this.mayRetry(thrown, () => !this.over))) return
      }
    }
  }

  private end(words: string): void {
    this.over = true
    this.step = undefined
    this.answers = {}
    this.rows = []
    this.touched = performance.now()
    this.draw(words, [{ key: 'leave', name: 'main', content: () => [this.word('tv.survey.leave')], choose: () => this.leave() }])
  }

  private draw(title: string, rows: Row[], more: { progress?: { at: number; of: number }; help?: string; fault?: string; above?: HTMLElement[] } = {}): void {
    const { progress, help, fault, above } = more
    this.root.classList.remove('with-phone')
    const bar = progress && h('div', { class: 'progress', role: 'progressbar', 'aria-valuemin': '0', 'aria-valuemax': String(progress.of), 'aria-valuenow': String(progress.at), 'aria-label': this.word('tv.survey.of', progress) }, h('i', { style: `width:${(100 * progress.at) / progress.of}%` }))
    this.root.replaceChildren(
      h('header', {}, h('h1', {}, title), progress && h('span', { class: 'count' }, this.word('tv.survey.of', progress))),
      h('div', { class: 'under' }, ...(bar ? [bar] : []), ...(above ?? []), help ? h('p', { class: 'help' }, help) : false, fault ? h('p', { class: 'fault', role: 'alert' }, fault) : false),
      this.list.root, h('footer', {}, h('span', {}, this.word(this.step?.q.kind === 'several' ? 'tv.survey.keys_several' : this.rowsTurn ? 'tv.survey.keys_dial' : 'tv.keys'))))
    this.list.set(rows, title)
  }

  private get rowsTurn(): boolean { return this.rows.some((r) => r.turn) }
}
