// Surveys that this household may answer on its set, and when it is asked to. The set remembers
// that it was asked, never what was answered.
import type { components } from '@/shared/api/schema.d.ts'
import type { Vault } from '@/shared/terminal/vault.ts'
import { covers } from '@/shared/wire/area.ts'

export type Asked = components['schemas']['SurveyAsked']

/** What became of asking: on which day last, how often, whether somebody answered. */
interface Mark { day: string; times: number; done?: boolean }

const [every, shownFor, most] = [300_000, 60_000, 3] // ms; ms; days

export class Offers {
  list: Asked[] = []
  private marks: Record<string, Mark> = {}
  private since: number | undefined // when the invitation that stands there came

  constructor(private readonly vault: Vault, private readonly region: string, private readonly changed: () => void) {
    void vault.get<Record<string, Mark>>('surveys').then((m) => { this.marks = m ?? {} }).then(() => this.look())
    setInterval(() => void this.look(), every * (0.9 + Math.random() / 5))
  }

  private async look(): Promise<void> {
    try {
      const response = await fetch('/api/public/surveys', { signal: AbortSignal.timeout(10_000) })
      const { items } = (await response.json()) as { items: Asked[] | null }
      this.list = (items ?? []).filter((s) => s.tv && covers(s.region, this.region))
    } catch {
      this.list = [] // without the platform nothing can be answered
    }
    this.changed()
  }

  /** The survey to invite to now; free says that nothing else stands on the screen. */
  inviting(now: number, free: boolean): Asked | undefined {
    const day = new Date(now).toDateString()
    const next = this.list.find((s) => this.marks[s.id]?.day !== day && !this.marks[s.id]?.done && (this.marks[s.id]?.times ?? 0) < most)
    if (this.since !== undefined && (!free || now - this.since > shownFor)) this.away(now) // a message came, or nobody minded
    else if (next && free) {
      this.since ??= now
      return next
    }
    return undefined
  }

  /** Puts away the invitation that stands there, until another day. */
  away(now: number): void {
    const day = new Date(now).toDateString()
    for (const s of this.list) if (this.since !== undefined) this.mark(s.id, { day, times: (this.marks[s.id]?.times ?? 0) + 1, done: this.marks[s.id]?.done })
    this.since = undefined
  }

  /** Somebody answered: nobody here is asked again. */
  done(id: string): void { this.mark(id, { day: '', times: 0, done: true }) }

  private mark(id: string, m: Mark): void {
    this.marks[id] = m
    void this.vault.put('surveys', this.marks)
  }
}
