// Whether a target will be met: by where the value stands, and by where its course leads.
import { inKind, lastDay, parse, type Period } from './period.ts'
import type { Direction } from './scale.ts'

export type Outlook = 'met' | 'missed' | 'on_way' | 'behind' | 'unknown'

export interface Point { at: Period; value: number | null }

/** The course of the known values as a straight line: value at n. */
function course(points: { n: number; value: number }[]): ((n: number) => number) | undefined {
  const count = points.length
  const [mn, mv] = [points.reduce((s, p) => s + p.n, 0) / count, points.reduce((s, p) => s + p.value, 0) / count]
  const spread = points.reduce((s, p) => s + (p.n - mn) ** 2, 0)
  if (count < 3 || spread === 0) return undefined
  const slope = points.reduce((s, p) => s + (p.n - mn) * (p.value - mv), 0) / spread
  return (n) => mv + slope * (n - mn)
}

/** What is to be expected of a target; now is the present period of the points' kind, which is not over
    and tells nothing yet. An indicator of no direction has no target to be met. */
export function outlook(points: Point[], target: { value: number; by: string }, direction: Direction, now: Period): Outlook {
  const by = parse(target.by)
  const known = points.flatMap((p) => (p.value === null || p.at.n >= now.n ? [] : [{ n: p.at.n, value: p.value }]))
  if (!by || direction === 'none' || !known.length) return 'unknown'
  const reaches = (v: number) => (direction === 'up' ? v >= target.value : v <= target.value)
  const due = inKind(by, now.kind).n
  const upTo = known.filter((p) => p.n <= due)
  if (due < now.n) return upTo.length ? (reaches(upTo.at(-1)!.value) ? 'met' : 'missed') : 'unknown'
  if (reaches(known.at(-1)!.value)) return 'met'
  const line = course(known.slice(-12))
  return line ? (reaches(line(due)) ? 'on_way' : 'behind') : 'unknown'
}

/** The target that counts in a period: the first whose time is not past, else the last. */
export function targetAt<T extends { by: string }>(targets: readonly T[], now: Period): T | undefined {
  const all = targets.flatMap((x) => { const by = parse(x.by); return by ? [{ x, by: lastDay(by) }] : [] }).sort((a, b) => a.by.localeCompare(b.by))
  return (all.find((a) => a.by >= lastDay(now)) ?? all.at(-1))?.x
}
