// A device's heartbeats as a strip of time: what was heard, and where nothing was.
import { ahead } from '@/shared/clock.ts'
import type { Schemas } from '@/shared/api/client.ts'

export type Slot = Schemas['AssetSlot']

export interface Cell {
  from: number // milliseconds
  to: number
  /** Absent where nothing was heard: that is not a measurement of zero. */
  slot?: Slot
  /** Heartbeats heard of those expected, 0–1; only with a slot. */
  share: number
  /** Before the device existed nothing was expected. */
  before: boolean
}

/** Cells that cover from…to without a gap; period is the seconds between heartbeats. */
export function cellsOf(slots: Slot[], from: number, to: number, period: number, born: number): Cell[] {
  const cells: Cell[] = []
  const silence = (a: number, b: number): void => {
    const edge = Math.min(Math.max(born, a), b)
    if (edge > a) cells.push({ from: a, to: edge, share: 0, before: true })
    if (b > edge) cells.push({ from: edge, to: b, share: 0, before: false })
  }
  let at = from
  for (const slot of [...slots].sort((a, b) => Date.parse(a.start) - Date.parse(b.start))) {
    const begins = Math.max(Date.parse(slot.start), at)
    const ends = Math.min(Date.parse(slot.start) + slot.seconds * 1000, to)
    if (ends <= begins) continue
    if (begins > at) silence(at, begins)
    // A slot that is not over, or in which the device was born, could hold fewer beats.
    const expected = Math.max(1, Math.floor((ends - Math.max(Date.parse(slot.start), Math.min(born, ends))) / 1000 / period))
    cells.push({ from: begins, to: ends, slot, share: Math.min(1, slot.beats / expected), before: false })
    at = ends
  }
  if (at < to) silence(at, to)
  return cells
}

/** Round moments between from and to at which to write the time: four to eight of them. */
export function ticksOf(from: number, to: number): number[] {
  const hour = 3_600_000
  const step = [hour, 3 * hour, 6 * hour, 24 * hour, 72 * hour, 120 * hour].find((s) => (to - from) / s <= 8) ?? 240 * hour
  const offset = -ahead(from)
  const first = Math.ceil((from - offset) / step) * step + offset
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, i) => first + i * step)
}
