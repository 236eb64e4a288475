// What messages achieved, in numbers: how fast receipts came, and sums over messages.
import type { Schemas } from '@/shared/api/client.ts'

export type Figures = Schemas['DeliveryFigures']
type Curve = Pick<Schemas['DeliveryCurve'], 'answered' | 'stepMillis' | 'targets' | 'quick'>

/** When how many of a curve's targets answered, in milliseconds: by twentieths, to the
    millisecond, where the server tells; else to the end of the curve's step. */
function cameOf(c: Curve): { at: number; count: number }[] {
  if (c.quick?.length) return c.quick.map((at) => ({ at, count: c.targets / twentieths }))
  return (c.answered ?? []).map((n, i) => ({ at: (i + 1) * c.stepMillis, count: n - (c.answered?.[i - 1] ?? 0) }))
}
const twentieths = 20
const rounding = 1e-6 // twentieths add up to a little less than the whole

/** Seconds until a part of the targets (0–1) had answered; undefined when that never came.
    Several curves are taken as one crowd. */
export function timeTo(part: number, curves: Curve[]): number | undefined {
  const targets = curves.reduce((n, c) => n + c.targets, 0)
  if (targets <= 0) return undefined
  let sum = 0
  for (const { at, count } of curves.flatMap(cameOf).filter((x) => x.count > 0).sort((a, b) => a.at - b.at)) {
    sum += count
    if (sum >= targets * part - rounding) return at / 1000
  }
  return undefined
}

const counted = ['targets', 'answered', 'reached', 'heard', 'unheard', 'failed', 'refused', 'late', 'offline'] as const
type Sum = Record<(typeof counted)[number], number>

/** The sum of figures; undefined when there are none, which is not the same as zero. */
export function sumOf(list: (Figures | undefined)[]): Sum | undefined {
  const known = list.filter((f): f is Figures => !!f && f.targets > 0)
  if (!known.length) return undefined
  return Object.fromEntries(counted.map((k) => [k, known.reduce((n, f) => n + f[k], 0)])) as Sum
}

/** A share of 0–100 for a chart; nothing out of nothing is no point at all. */
export const percent = (part: number, whole: number): number | null => (whole > 0 ? Math.round((part / whole) * 1000) / 10 : null)
