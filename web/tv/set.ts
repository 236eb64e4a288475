// A television set: what it heard, what stands on its screen, what its people did with it.
import { covers } from '@/shared/wire/area.ts'
import { authenticate } from '@/shared/wire/frame.ts'
import { judge } from '@/shared/wire/memory.ts'
import type { Order } from '@/shared/wire/order.ts'
import type { Clock } from '@/shared/terminal/clock.ts'
import { Desk, newDeskState, type DeskState, type Entry } from '@/shared/terminal/desk.ts'
import type { Player } from '@/shared/terminal/player.ts'
import { asGrave, severityOf } from '@/shared/terminal/stage.ts'
import type { Vault } from '@/shared/terminal/vault.ts'
import type { Report } from './line.ts'
import type { Settings } from './settings.ts'

/** What became of a version of a message here. */
export interface Mark {
  shown?: number // since when, µs
  how?: 'crawl' | 'full'
  away?: boolean // somebody put it away
  until: number
}

export interface SetState extends DeskState { marks: Record<string, Mark>; offset: number; seen: number }

export const newSetState = (): SetState => ({ ...newDeskState(80, 60), marks: {}, offset: 0, seen: 0 })

/** How long a crawl goes on if nobody puts it away, µs. */
const crawlFor = { emergency: 300_000_000, everyday: 120_000_000 }

const keyOf = (o: Order): string => `${o.id} ${o.v}`

/** Whether an order is for a place that a household stands in: one that its area covers, or that
    holds a part of it. Of shapes the platform judges, which knows their outlines; it sends what
    touches the place. */
export const concerns = (o: Order, region: string): boolean =>
  [...(o.area.polygons ?? []), ...(o.area.circles ?? [])].length > 0 || (o.area.regions ?? []).some((r) => covers(r, region) || covers(region, r))

export interface Deps {
  vault: Vault
  settings: Settings
  state: SetState
  clock: Clock
  player: Player
  changed(): void
  report(r: Report): void
  arrived(o: Order): void
}

export class TvSet {
  readonly desk: Desk

  constructor(private readonly d: Deps) {
    this.desk = new Desk(d.state, { play: (e, after) => void this.pass(e, after), halt: () => d.player.halt() })
    this.do((now) => this.desk.wake(now))
  }

  /** A message that takes the whole screen. */
  whole(e: Entry): boolean { return e.order.class === 'emergency' && asGrave(severityOf(e), this.d.settings.full) }

  mark(e: Entry): Mark {
    const key = keyOf(e.order)
    return (this.d.state.marks[key] ??= { until: e.order.until })
  }

  /** Those in force, the gravest first. */
  live(now: number): Entry[] {
    return this.desk.state.entries.filter((e) => e.order.kind === 'play' && e.order.from_at <= now && now < e.order.until)
      .sort((a, b) => (b.order.rank ?? 0) - (a.order.rank ?? 0) || b.order.at - a.order.at)
  }

  full(now: number): Entry[] { return this.live(now).filter((e) => this.whole(e) && !this.mark(e).away) }

  crawling(now: number): Entry[] {
    return this.live(now).filter((e) => {
      const m = this.mark(e)
      return !this.whole(e) && !m.away && (m.shown === undefined || now < m.shown + crawlFor[e.order.class])
    })
  }

  /** Those that took the whole screen and were put away: a badge says that they hold. */
  badges(now: number): Entry[] { return this.live(now).filter((e) => this.whole(e) && this.mark(e).away) }

  private async pass(e: Entry, after: number): Promise<void> {
    if (e.order.kind === 'play' && (!this.whole(e) || this.mark(e).away)) { // a crawl has no sound
      this.do((now) => this.desk.begun(e, 'picture', now))
      await Promise.resolve()
      return this.do((now) => this.silence(e, now))
    }
    const end = await this.d.player.play(e.order, after, 1, (src) => this.do((now) => this.desk.begun(e, src, now)))
    if (end) this.do((now) => this.desk.finished(e, end, now))
  }

  private silence(e: Entry, now: number): void {
    e.passes = Math.max(e.passes, (e.order.repeat ?? 1) - 1)
    this.desk.finished(e, { reason: '', source: 'picture' }, now)
  }

  /** A message stands on the screen. */
  shown(e: Entry, how: 'crawl' | 'full'): void {
    const m = this.mark(e)
    if (m.shown !== undefined) return
    this.do((now) => {
      m.shown = now
      m.how = how
      this.desk.dirty = true
      this.d.report({ o: e.order.id, p: 'shown', how, after: Math.max(0, Math.round((now - Math.max(e.order.at, e.order.from_at)) / 1000)) })
    })
  }

  /** Whether a message that takes the whole screen has stood long enough to be put away; else
      for how many seconds it still stands. */
  remaining(e: Entry): number {
    const since = this.mark(e).shown
    return since === undefined ? Math.ceil(this.d.settings.hold / 1000) : Math.max(0, Math.ceil((since / 1000 + this.d.settings.hold - this.d.clock.now()) / 1000))
  }

  putAway(entries: Entry[]): void {
    this.do((now) => {
      for (const e of entries) {
        this.mark(e).away = true
        if (this.desk.now !== e) continue
        this.d.player.halt()
        this.silence(e, now)
      }
      this.desk.dirty = true
    })
  }

  receive(frame: Uint8Array): void {
    const now = this.d.clock.micros()
    const self = { code: '', region: this.d.settings.region }
    let { order, reason } = authenticate(frame, { issuers: this.d.settings.issuers, revoked: [] }, now)
    if (!order || (order.kind !== 'play' && order.kind !== 'cancel' && order.kind !== 'stop')) return
    if (reason === '') reason = judge(order, self, now, this.desk.state.memory, (o, s) => concerns(o, s.region))
    if (reason !== '') return // nobody is told: what is forged is not answered
    const before = this.live(now)
    this.do((now) => this.desk.take(order, '', now))
    for (const e of before) if (!this.desk.state.entries.some((x) => x.order.id === e.order.id)) this.ended(e)
    if (order.kind === 'play') this.d.arrived(order)
  }

  /** A message is gone: of what never stood on the screen there is nothing to tell. */
  private ended(e: Entry): void {
    if (this.mark(e).shown !== undefined) this.d.report({ o: e.order.id, p: 'ended', after: 0 })
  }

  tick(): void {
    const before = this.desk.state.entries
    this.do((now) => this.desk.tick(now))
    const now = this.d.clock.micros()
    for (const e of before) if (!this.desk.state.entries.includes(e)) this.ended(e)
    for (const [key, m] of Object.entries(this.d.state.marks)) if (m.until < now - 600_000_000) delete this.d.state.marks[key]
    this.d.changed()
  }

  do(step: (now: number) => void): void {
    step(this.d.clock.micros())
    // A set answers with counts alone: what a terminal would tell is told to nobody.
    this.desk.out = []
    this.desk.state.pending = []
    if (!this.desk.dirty) return
    this.desk.dirty = false
    this.d.changed()
    this.store()
  }

  store(): void {
    void this.d.vault.put('state', structuredClone({ ...this.d.state, offset: this.d.clock.offset, seen: this.d.clock.now() })).catch(() => undefined)
  }
}
