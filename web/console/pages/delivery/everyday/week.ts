// A week of a timetable as a picture, and what an editor does to it. Times of day are minutes.
import type { Schemas } from '@/shared/api/client.ts'

export type Slot = Schemas['ChannelSlot']
export type Content = Schemas['ChannelContent']
export type Exception = Schemas['ChannelException']
export type Play = Schemas['ChannelPlayView']

export const weekdays = [1, 2, 3, 4, 5, 6, 7]
export const kinds = ['relay', 'recording', 'notice'] as const

export const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5))
export const clockOf = (minutes: number): string => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`

/** The hours that a picture shows: those in which anything plays and one around, at least 6 to 21. */
export function hoursOf(slots: readonly { start: string; minutes: number }[]): [first: number, last: number] {
  const from = slots.map((s) => Math.floor(minutesOf(s.start) / 60))
  const to = slots.map((s) => Math.ceil((minutesOf(s.start) + s.minutes) / 60))
  return [Math.max(Math.min(6, ...from), 0), Math.min(Math.max(21, ...to), 24)]
}

/** An id that no slot has. */
export function freshID(content: Content): string {
  const taken = new Set([...(content.slots ?? []), ...(content.exceptions ?? []).flatMap((e) => e.extra ?? [])].map((s) => s.id))
  for (let n = taken.size + 1; ; n++) if (!taken.has(`s${n}`)) return `s${n}`
}

/** Moves a slot to begin at a time of day, in steps of five minutes, within its day. */
export const movedTo = (s: Slot, start: number): Slot => ({ ...s, start: clockOf(Math.min(Math.max(Math.round(start / 5) * 5, 0), Math.min(24 * 60 - s.minutes, 23 * 60 + 55))) })

/** What plays on one day of the week plays on others too. */
export const copyDay = (slots: Slot[], from: number, to: number[]): Slot[] =>
  slots.map((s) => (s.days?.includes(from) ? { ...s, days: [...new Set([...s.days, ...to])].sort() } : s))

/** A slot does not play on a day any more; on no day it is gone. */
export const without = (slots: Slot[], id: string, day?: number): Slot[] =>
  slots.flatMap((s) => (s.id !== id ? [s] : day === undefined || (s.days?.length ?? 0) <= 1 ? [] : [{ ...s, days: s.days!.filter((d) => d !== day) }]))

/** What a server would refuse, or put in: a slot keeps only what its kind needs. */
export function pruned(s: Slot): Slot {
  const out: Slot = { id: s.id, kind: s.kind, title: s.title.trim(), days: s.days ?? [], start: s.start, minutes: s.minutes }
  if (s.from) out.from = s.from
  if (s.until) out.until = s.until
  if (typeof s.volume === 'number' && !Number.isNaN(s.volume)) out.volume = s.volume
  if (s.kind === 'relay') return { ...out, ...(s.station?.trim() ? { station: s.station.trim() } : {}), address: s.address?.trim() ?? '' }
  const plays = { ...(s.repeat && s.repeat > 1 ? { repeat: s.repeat } : {}), ...(s.interval ? { interval: s.interval } : {}) }
  return s.kind === 'notice' ? { ...out, text: s.text ?? '', ...plays } : { ...out, ...(s.sound ? { sound: s.sound } : {}), ...plays }
}

/** The day of the week, 1 for Monday, of a day such as 2026-10-07. */
export const weekdayOf = (day: string): number => ((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7) + 1

/** Side by side: of plays that overlap, which column of how many each stands in. */
export function columnsOf<T extends { from: number; to: number }>(list: readonly T[]): Map<T, [column: number, of: number]> {
  const out = new Map<T, [number, number]>()
  let group: T[] = []
  let ends: number[] = []
  const close = (): void => group.forEach((x) => out.set(x, [out.get(x)![0], ends.length]))
  for (const x of [...list].sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (ends.length && x.from >= Math.max(...ends)) {
      close()
      group = []
      ends = []
    }
    const at = ends.findIndex((end) => end <= x.from)
    const column = at < 0 ? ends.length : at
    ends[column] = x.to
    group.push(x)
    out.set(x, [column, 0])
  }
  close()
  return out
}
