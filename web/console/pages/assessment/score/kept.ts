// What districts make of each item that binds them: kept by all, failed by some, or not known.
import type { Schemas } from '@/shared/api/client.ts'

type Compliance = Schemas['StandardCompliance']

export interface KeptItem { standard: string; code: string; number: number; item: string; headingZh: string; headingEn: string; standing: Compliance['standing']; failed: string[]; of: number; stale: number }

/** Items in the order in which they come, each with the districts that fail it; one of the whole city is failed by nobody else. */
export function itemsOf(rows: readonly Compliance[]): KeptItem[] {
  const items = new Map<string, KeptItem>()
  for (const c of rows) {
    const key = `${c.standard} ${c.number} ${c.item}`
    const one = items.get(key) ?? { standard: c.standard, code: c.code, number: c.number, item: c.item, headingZh: c.headingZh, headingEn: c.headingEn, standing: 'kept' as const, failed: [], of: 0, stale: 0 }
    items.set(key, one)
    one.of++
    if (c.stale) one.stale++
    const judged = c.at || c.unit // whoever was judged answers: of the city's own items the city, once
    if (c.standing === 'failed' && !one.failed.includes(judged)) one.failed.push(judged)
    if (c.standing === 'failed' || (c.standing === 'unknown' && one.standing === 'kept')) one.standing = c.standing
  }
  return [...items.values()]
}

/** How many items are kept by all, failed by some, and not known. */
export const countOf = (items: readonly KeptItem[]): Record<KeptItem['standing'], number> =>
  items.reduce((n, i) => ({ ...n, [i.standing]: n[i.standing] + 1 }), { kept: 0, failed: 0, unknown: 0 })

/** The districts that fail most, with how many items each. */
export function failing(items: readonly KeptItem[]): { code: string; count: number }[] {
  const by = new Map<string, number>()
  for (const code of items.flatMap((i) => i.failed)) by.set(code, (by.get(code) ?? 0) + 1)
  return [...by].map(([code, count]) => ({ code, count })).sort((a, b) => b.count - a.count || a.code.localeCompare(b.code))
}
