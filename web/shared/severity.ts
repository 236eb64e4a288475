// The four public severities. Each is always shown with its word and its shape, so that
// colour never carries the meaning alone.
export const severities = ['red', 'orange', 'yellow', 'blue'] as const
export type Severity = (typeof severities)[number]
export type SeverityOrNone = Severity | 'unknown'

/** Outlines within a square of 20: octagon, diamond, triangle, circle (a path each). */
export const shapes: Record<SeverityOrNone, string> = {
  red: 'M6.2 1h7.6L19 6.2v7.6L13.8 19H6.2L1 13.8V6.2z',
  orange: 'M10 .8 19.2 10 10 19.2.8 10z',
  yellow: 'M10 1.6 19.4 18H.6z',
  blue: 'M10 1.2a8.8 8.8 0 1 1 0 17.6a8.8 8.8 0 1 1 0-17.6z',
  unknown: 'M2 2h16v16H2z',
}

/** Rank for ordering: red first. */
export const rank = (s: string): number => {
  const i = severities.indexOf(s as Severity)
  return i < 0 ? severities.length : i
}

/** Reads a severity of the API: a word, or the digit of GD/J 081 (0 unknown, 1 red … 4 blue). */
export function severityOf(value: string | number | null | undefined): SeverityOrNone {
  if (typeof value === 'number' || /^\d$/.test(value ?? '')) return severities[Number(value) - 1] ?? 'unknown'
  return severities.find((s) => s === value) ?? 'unknown'
}
