// What a terminal must remember to refuse replays (engine/wire/memory.go), as plain data.
import { includes, type Place } from './area.ts'
import type { Reason } from './frame.ts'
import type { Order } from './order.ts'

/** How far apart the clocks of platform and terminal may be, µs. */
export const skew = 5 * 60 * 1e6

const maxVersion = 2 ** 20

export interface Held {
  v: number
  until: number
  x?: boolean // cancelled
  f?: boolean // failed, and may be taken again
  p?: number // of a failed one: passes that were played
}

export interface Stopped { id: string; from: string; seq: number; rank: number; at: number; until: number }

export interface Memory {
  orders: Record<string, Held>
  stops: Stopped[]
  sets: Record<string, number> // highest set sequence by platform
}

export const newMemory = (): Memory => ({ orders: {}, stops: [], sets: {} })

/** Whether a stop ends an order: same or lower rank, and issued before it. */
export function stops(s: Stopped, o: Order): boolean {
  if ((o.rank ?? 0) > s.rank || (o.kind !== 'play' && o.kind !== 'test')) return false
  return o.from === s.from ? o.seq < s.seq : o.at < s.at
}

const entry = <T>(of: Record<string, T>, key: string): T | undefined => (Object.hasOwn(of, key) ? of[key] : undefined)

/** Checks what is particular to one terminal: audience, time, memory, in this order. meant
    stands in for the audience where a terminal knows its place less exactly. */
export function judge(o: Order, self: Place, now: number, m: Memory, meant: (o: Order, self: Place) => boolean = (o, self) => includes(o.area, self)): Reason {
  if (!meant(o, self)) return 'wrong_area'
  if (o.at > now + skew) return 'not_yet_valid'
  if (o.until <= now) return 'expired'
  const h = entry(m.orders, o.id)
  if (h) {
    if (h.x && (o.v < h.v || (o.v === h.v && o.kind !== 'cancel'))) return 'cancelled'
    if (o.v < h.v || (o.v === h.v && !(h.f && o.kind === 'play'))) return 'replayed'
  }
  if (o.kind === 'set' && o.seq <= (entry(m.sets, o.from) ?? 0)) return 'replayed'
  return m.stops.some((s) => stops(s, o)) ? 'cancelled' : ''
}

// An entry lasts as long as the longest order about it: a short-lived cancel must not let a
// long-lived play order be forgotten.
function hold(m: Memory, id: string, h: Held): void {
  m.orders[id] = { ...h, until: Math.max(h.until, entry(m.orders, id)?.until ?? 0) }
}

/** Records an accepted order and what it cancels or supersedes. */
export function remember(m: Memory, o: Order): void {
  hold(m, o.id, { v: o.v, until: o.until, ...(o.kind === 'cancel' ? { x: true } : {}) })
  for (const id of o.super ?? []) hold(m, id, { v: maxVersion, until: o.until, x: true })
  if (o.kind === 'stop') m.stops.push({ id: o.id, from: o.from, seq: o.seq, rank: o.rank ?? 0, at: o.at, until: o.until })
  if (o.kind === 'set') m.sets[o.from] = o.seq
}

/** Notes that a version ended without having been played to its end. */
export function fail(m: Memory, o: Order, passes: number): void {
  const h = entry(m.orders, o.id)
  if (h && h.v === o.v && !h.x) m.orders[o.id] = { ...h, f: true, p: passes }
}

/** How many passes of exactly this version were played before it failed. */
export function played(m: Memory, o: Order): number {
  const h = entry(m.orders, o.id)
  return h?.v === o.v ? (h.p ?? 0) : 0
}

/** Drops what can no longer be replayed; tells whether anything went. */
export function forget(m: Memory, now: number): boolean {
  const limit = now - skew
  const gone = Object.keys(m.orders).filter((id) => m.orders[id]!.until < limit)
  for (const id of gone) delete m.orders[id]
  const kept = m.stops.filter((s) => s.until >= limit)
  const changed = gone.length > 0 || kept.length < m.stops.length
  m.stops = kept
  return changed
}
