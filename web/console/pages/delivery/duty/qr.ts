// A QR code as a drawing: a run of dark squares in a row is one rectangle.

/** The path of the dark runs of rows of 0 and 1. */
export const pathOfRows = (rows: readonly string[]): string =>
  rows.flatMap((row, y) => [...row.matchAll(/1+/g)].map((run) => `M${run.index} ${y}h${run[0].length}v1h-${run[0].length}z`)).join('')
