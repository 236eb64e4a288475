// Whether targets are met, on course or missed.
import type { Indicator } from '../measure/book.ts'
import { outlook, type Outlook, type Point } from '../measure/outlook.ts'
import { inKind, next, parse, periodNow, type Kind, type Period } from '../measure/period.ts'

/** Which of an indicator's own periods stands for a card's period at a moment: the last that lies in it,
    or holds it, counts for which target is due; what is known before now is compared with it. */
export function ownPeriods(card: Period, kind: Kind, at: Date): { last: Period; now: Period } {
  const last = inKind(card, kind)
  const present = periodNow(kind, at)
  return { last, now: last.n < present.n ? next(last) : present }
}

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
