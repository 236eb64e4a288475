/** Seconds until a part of the targets (0–1) was counted; undefined when that never came. */
export function timeTo(totals: number[], targets: number, stepMillis: number, part: number): number | undefined {
  if (targets <= 0) return undefined
  const at = totals.findIndex((n) => n >= targets * part)
  return at < 0 ? undefined : ((at + 1) * stepMillis) / 1000
}
