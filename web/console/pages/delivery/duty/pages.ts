// A long list in pages.

export const pageSize = 100

/** The rows of a page, as far as there are any: from one until just before another. */
export function pageOf(count: number, page: number): { page: number; from: number; to: number } {
  const last = Math.max(Math.ceil(count / pageSize) - 1, 0)
  const at = Math.min(Math.max(page, 0), last)
  return { page: at, from: at * pageSize, to: Math.min((at + 1) * pageSize, count) }
}
