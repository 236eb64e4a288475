// Which targets bind a unit, and whether they are met, on course or missed.
import type { Indicator } from '../measure/book.ts'
import { outlook, targetAt, type Outlook, type Point } from '../measure/outlook.ts'
import { parse, type Period } from '../measure/period.ts'

export interface Zone { code: string; members?: string[] | null }
export type Standing = Outlook | 'late'

/** The target that binds a unit in a period: that of a zone which it lies in before the one for all. */
export function targetOf(d: Pick<Indicator, 'targets'>, unit: string, above: readonly string[], zones: readonly Zone[], now: Period): Indicator['targets'][number] | undefined {
  const inside = (code: string) => { const z = zones.find((x) => x.code === code); return !!z?.members?.some((m) => m === unit || above.includes(m)) }
  const own = d.targets.filter((x) => x.zone && inside(x.zone)).map((x) => ({ ...x, zone: '', of: x.zone }))
  const found = own.length ? targetAt(own, now.kind, now) : targetAt(d.targets, now.kind, now)
  return found && ('of' in found ? { ...found, zone: String(found.of) } : found)
}

/** How a target stands; one that was missed in time and is reached now is late. */
export function standing(points: Point[], target: { value: number; by: string }, direction: Indicator['direction'], now: Period): Standing {
  const o = outlook(points, target, direction, now)
  const last = points.filter((p) => p.value !== null).at(-1)?.value
  return o === 'missed' && last !== undefined && last !== null && (direction === 'up' ? last >= target.value : last <= target.value) ? 'late' : o
}

/** Values of a table's column as points in time. */
export const pointsOf = (periods: readonly string[] | null, values: readonly (number | null)[] | null | undefined): Point[] =>
  (periods ?? []).flatMap((p, i) => { const at = parse(p); return at ? [{ at, value: values?.[i] ?? null }] : [] })
