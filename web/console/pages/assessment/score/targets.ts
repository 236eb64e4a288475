// Whether targets are met, on course or missed.
import type { Indicator } from '../measure/book.ts'
import { outlook, type Outlook, type Point } from '../measure/outlook.ts'
import { parse, type Period } from '../measure/period.ts'

export type Standing = Outlook | 'late'

/** How a target stands; one that was missed in time and is reached now is late. */
export function standing(points: Point[], target: { value: number; by: string }, direction: Indicator['direction'], now: Period): Standing {
  const o = outlook(points, target, direction, now)
  const last = points.filter((p) => p.value !== null).at(-1)?.value
  return o === 'missed' && last !== undefined && last !== null && (direction === 'up' ? last >= target.value : last <= target.value) ? 'late' : o
}

/** Values of a table's column as points in time. */
export const pointsOf = (periods: readonly string[] | null, values: readonly (number | null)[] | null | undefined): Point[] =>
  (periods ?? []).flatMap((p, i) => { const at = parse(p); return at ? [{ at, value: values?.[i] ?? null }] : [] })
