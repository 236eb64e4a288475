// The desk of a terminal that shows: which message sounds, which are shown, and what the
// platform is told of it (internal/terminal/desk.go, for what it has in common). It is plain
// data and rules: the caller gives the time, stores what changed, and then sends what is in out.
// A loudspeaker is done with a message once it was played; a screen shows it until its end.
import type { Place } from '../wire/area.ts'
import { fail, forget, newMemory, played, remember, stops, type Memory, type Stopped } from '../wire/memory.ts'
import type { Reason } from '../wire/frame.ts'
import { plays, type Order } from '../wire/order.ts'
import type { Phase, Receipt, Result, Source } from '../wire/session.ts'

/** How many messages are held at once. */
const maxEntries = 64
const maxPending = 1000
const [firstRepeat, lastRepeat] = [15_000_000, 600_000_000] // µs

/** A message that was accepted and is not over. */
export interface Entry {
  order: Order
  passes: number
  begun?: boolean // has sounded, or was shown where there is no sound
  playing?: boolean // sounds now, or did when the power went
  done?: boolean // was played to its end, and is shown until it is over
  shown?: number // since when, µs
  sounded?: number // µs of this pass that were heard before it was interrupted
  since?: number // it sounds, µs
  last: Receipt
}

/** A final receipt or a result that the platform has not confirmed. */
export interface Pending { kind: 'R' | 'S'; body: Receipt | Result }

interface Sent { counter: number; due: number; tries: number }

/** What outlives a power cut. */
export interface DeskState {
  volume: number
  period: number // seconds between heartbeats
  boots: number
  memory: Memory
  revoked: string[]
  moved?: { region: string; position?: [number, number] }
  seqs: Record<string, number>
  entries: Entry[]
  pending: Pending[]
}

export const newDeskState = (volume: number, period: number): DeskState =>
  ({ volume, period, boots: 0, memory: newMemory(), revoked: [], seqs: {}, entries: [], pending: [] })

/** How much of what was heard is heard again, µs, so that no word is lost. */
const rewind = 2_000_000

/** Whether a message that was interrupted goes on where it stopped. An emergency is heard whole,
    from its signal on; a relay goes on where its programme is by then. */
const goesOn = (e: Entry): boolean => e.order.class === 'everyday' && !e.order.relay && !!e.order.audio?.length

/** Where in the sound a pass begins, µs. */
export const from = (e: Entry): number => Math.max((e.sounded ?? 0) - rewind, 0)

export interface Outcome { reason: Reason; source?: Source }

export interface Hands {
  /** Hands an entry to the player after a pause, ms. */
  play(e: Entry, after: number): void
  /** Takes it back. */
  halt(): void
}

export type Out = { kind: 'R' | 'S'; body: Receipt | Result; pending?: Pending }

export class Desk {
  now?: Entry // the one the player has
  dirty = false
  out: Out[] = []
  private readonly sent = new Map<Pending, Sent>()

  constructor(readonly state: DeskState, private readonly hands: Hands) {}

  /** Where the terminal stands now. */
  place(enrolled: Place): Place {
    const m = this.state.moved
    return m ? { code: enrolled.code, region: m.region, position: m.position } : enrolled
  }

  /** Deals with a frame's verdict. */
  take(o: Order | undefined, reason: Reason, now: number): void {
    const s = this.state
    if (!o || reason !== '') return this.refuse(o, reason, now)
    if (o.kind === 'play' && s.entries.length >= maxEntries && !this.holds(o.id)) return this.refuse(o, 'queue_full', now)
    const before = played(s.memory, o)
    remember(s.memory, o)
    s.seqs[o.from] = Math.max(s.seqs[o.from] ?? 0, o.seq)
    this.dirty = true
    switch (o.kind) {
      case 'play': {
        this.endIf(now, 'by_update', (e) => e.order.id === o.id || (o.super ?? []).includes(e.order.id))
        const e: Entry = { order: o, passes: before, last: { o: o.id, v: o.v, p: 'received', t: now } }
        s.entries.push(e)
        this.say(e, 'received', '', now)
        this.choose(now)
        if (this.now !== e && this.holds(o.id)) this.say(e, 'queued', '', now)
        return
      }
      case 'cancel':
        this.endIf(now, 'by_cancel', (e) => e.order.id === o.id)
        return this.obeyed(o, now)
      case 'stop': {
        const stop: Stopped = { id: o.id, from: o.from, seq: o.seq, rank: o.rank ?? 0, at: o.at, until: o.until }
        this.endIf(now, 'by_stop', (e) => stops(stop, e.order))
        return this.obeyed(o, now)
      }
      case 'set':
        return this.set(o, now)
      case 'test':
        if (this.now) return this.result(o, 'busy', now)
        this.now = { order: o, passes: 0, last: { o: o.id, v: o.v, p: 'received', t: now } }
        this.hands.play(this.now, 0)
    }
  }

  private refuse(o: Order | undefined, reason: Reason, now: number): void {
    this.out.push({ kind: 'R', body: { o: o?.id ?? '', v: o?.v ?? 0, p: 'refused', r: reason, t: now } })
    if (!o || (reason !== 'replayed' && reason !== 'cancelled')) return
    for (const e of this.state.entries) if (e.order.id === o.id && !e.done) this.out.push({ kind: 'R', body: { ...e.last } })
    for (const p of this.state.pending) if (p.body.o === o.id) this.out.push({ ...p, pending: p })
  }

  private obeyed(o: Order, now: number): void {
    this.keep({ kind: 'R', body: { o: o.id, v: o.v, p: 'played', t: now } })
    this.choose(now)
  }

  private set(o: Order, now: number): void {
    const [s, set] = [this.state, o.set!]
    s.volume = set.vol ?? s.volume
    s.period = set.period ?? s.period
    s.revoked = [...new Set([...s.revoked, ...(set.revoke ?? [])])]
    if (set.region) s.moved = { region: set.region, ...(set.pos ? { position: set.pos } : {}) }
    this.result(o, '', now)
  }

  private result(o: Order, reason: Reason, now: number): void {
    this.keep({ kind: 'S', body: { o: o.id, v: o.v, ok: reason === '', ...(reason ? { r: reason } : {}), t: now, vol: this.state.volume, period: this.state.period } })
  }

  /** Brings the right message to sound: of those whose time has come and that have passes left,
      the highest rank; among equals the one that sounds, then the one that came first. Ends
      those whose time is over. */
  choose(now: number): void {
    let best: Entry | undefined
    for (const e of [...this.state.entries]) {
      if (e.order.until <= now) this.expire(e, now)
      else if (e.order.from_at <= now && !e.done && (!best || rank(e) > rank(best) || (rank(e) === rank(best) && e === this.now))) best = e
    }
    if (!best || best === this.now || (this.now?.order.kind === 'play' && rank(best) <= rank(this.now))) return
    this.yield('higher_rank', now)
    this.now = best
    this.hands.play(best, 0)
  }

  private expire(e: Entry, now: number): void {
    if (this.now === e) this.hands.halt()
    if (e.done) this.remove(e)
    // A screen does not go on past the end, as a loudspeaker goes on to the end of its pass.
    else if (e.passes > 0 || e.playing || (e.begun && e.order.relay)) this.end(e, 'played', '', now)
    else this.end(e, 'failed', 'expired_waiting', now)
  }

  private yield(why: Reason, now: number): void {
    const e = this.now
    if (!e) return
    this.hands.halt()
    this.now = undefined
    if (e.order.kind === 'test') return this.result(e.order, 'busy', now)
    if (e.playing && goesOn(e) && e.since !== undefined) e.sounded = from(e) + Math.max(now - e.since, 0)
    e.playing = false
    this.say(e, 'interrupted', why, now)
  }

  /** The player's word that e sounds, or stands on the screen where it cannot sound. */
  begun(e: Entry, src: Source, now: number): void {
    if (e !== this.now || e.order.kind === 'test' || e.playing) return
    const phase = e.begun ? 'resumed' : 'playing'
    e.begun = e.playing = true
    e.since = now
    e.last.src = src
    this.say(e, phase, '', now)
  }

  /** The player's word that a pass of e is over. */
  finished(e: Entry, end: Outcome, now: number): void {
    if (e !== this.now) return // it was halted meanwhile
    if (e.order.kind === 'test') {
      this.now = undefined
      this.result(e.order, end.reason, now)
    } else if (end.reason !== '') {
      this.end(e, 'failed', end.reason, now)
    } else {
      e.passes++
      e.sounded = 0
      e.since = now + (e.order.gap ?? 0) * 1000
      this.dirty = true
      if (end.source) e.last.src = end.source
      if (e.passes < plays(e.order) && now < e.order.until) return this.hands.play(e, e.order.gap ?? 0)
      this.now = undefined
      e.playing = false
      e.done = true
      this.keep({ kind: 'R', body: { o: e.order.id, v: e.order.v, p: 'played', t: now, ...(e.last.src ? { src: e.last.src } : {}) } })
    }
    this.choose(now)
  }

  /** Notes that a message stands on the screen. */
  shown(e: Entry, now: number): void {
    if (e.shown === undefined) {
      e.shown = now
      this.dirty = true
    }
  }

  private endIf(now: number, why: Reason, match: (e: Entry) => boolean): void {
    if (this.now?.order.kind === 'test' && match(this.now)) this.yield(why, now)
    for (const e of this.state.entries.filter(match)) {
      if (e === this.now) this.hands.halt()
      if (e.done) this.remove(e)
      else this.end(e, 'cancelled', why, now)
    }
  }

  private remove(e: Entry): void {
    if (this.now === e) this.now = undefined
    this.state.entries = this.state.entries.filter((x) => x !== e)
    this.dirty = true
  }

  private end(e: Entry, p: Phase, why: Reason, now: number): void {
    this.remove(e)
    if (p === 'failed') fail(this.state.memory, e.order, e.passes)
    this.keep({ kind: 'R', body: { o: e.order.id, v: e.order.v, p, ...(why ? { r: why } : {}), t: now, ...(e.begun && e.last.src ? { src: e.last.src } : {}) } })
  }

  private say(e: Entry, p: Phase, why: Reason, now: number): void {
    e.last = { o: e.order.id, v: e.order.v, p, ...(why ? { r: why } : {}), t: now, ...(e.last.src ? { src: e.last.src } : {}) }
    this.out.push({ kind: 'R', body: { ...e.last } })
    this.dirty = true
  }

  /** Called once after a start: what sounded when the power went was interrupted by that. */
  wake(now: number): void {
    this.state.boots++
    this.dirty = true
    for (const e of this.state.entries) {
      if (!e.playing) continue
      e.playing = false
      this.say(e, 'interrupted', 'power_lost', now)
    }
    this.choose(now)
  }

  /** Starts what was scheduled, ends what is over, forgets what may be forgotten. */
  tick(now: number): void {
    this.choose(now)
    if (forget(this.state.memory, now)) this.dirty = true
    for (const [p, s] of this.sent) if (now >= s.due) this.out.push({ ...p, pending: p })
  }

  private holds(id: string): boolean { return this.state.entries.some((e) => e.order.id === id) }

  private keep(p: Pending): void {
    const s = this.state
    if (s.pending.length >= maxPending) this.sent.delete(s.pending.shift()!)
    s.pending.push(p)
    this.out.push({ ...p, pending: p })
    this.dirty = true
  }

  /** Notes that what is pending left in the frame with this counter. */
  left(p: Pending, counter: number, now: number): void {
    const tries = this.sent.get(p)?.tries ?? 0
    this.sent.set(p, { counter, due: now + Math.min(firstRepeat * 2 ** Math.min(tries, 10), lastRepeat), tries: tries + 1 })
  }

  /** Queues what the platform may have missed. */
  reconnected(): void {
    for (const e of this.state.entries) if (!e.done) this.out.push({ kind: 'R', body: { ...e.last } })
    this.sent.clear()
    for (const p of this.state.pending) this.out.push({ ...p, pending: p })
  }

  /** Drops what the platform has stored. */
  confirmed(counters: number[]): void {
    const gone = this.state.pending.filter((p) => counters.includes(this.sent.get(p)?.counter ?? 0))
    for (const p of gone) this.sent.delete(p)
    if (gone.length === 0) return
    this.state.pending = this.state.pending.filter((p) => !gone.includes(p))
    this.dirty = true
  }
}

const rank = (e: Entry): number => e.order.rank ?? 0
