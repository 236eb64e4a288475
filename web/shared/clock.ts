// The clock of the city served. Times are told and taken by it, wherever the reader's own
// clock is set: what an officer types at a desk elsewhere still means the city's hour.
import { ref } from 'vue'

/** The city's time zone; until it is known, the reader's own. */
export const zone = ref<string>()

/** A moment as date and time inputs hold it: 2026-03-01T20:00. */
export function wallTime(at: Date): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone.value, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit',
  }).formatToParts(at)
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((p) => p.type === type)?.value ?? ''
  return `${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}`
}

/** How far the city's clock is ahead of UTC at a moment, in milliseconds. */
export function ahead(at: number): number {
  const minute = Math.floor(at / 60_000) * 60_000
  return Date.parse(`${wallTime(new Date(minute))}Z`) - minute
}

/** The moment at which the city's clock shows a date and time. */
export function momentOf(wall: string): Date {
  const utc = Date.parse(`${wall}Z`)
  if (Number.isNaN(utc)) return new Date(NaN)
  // Asked twice, for the days on which clocks are changed.
  return new Date(utc - ahead(utc - ahead(utc)))
}

/** The day so many days after another, both as date inputs hold them: 2026-03-01. */
export function dayAfter(day: string, days: number): string {
  const at = new Date(`${day}T00:00Z`)
  at.setUTCDate(at.getUTCDate() + days)
  return at.toISOString().slice(0, 10)
}
