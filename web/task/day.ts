// The order of the day: by what is due, until its owner changes it by hand.
import { metres } from './near.ts'
import type { Carried, Point } from './depot.ts'

type Due = Pick<Carried, 'due'>
const dueAt = (c: Due): number => (c.due ? Date.parse(c.due) : Infinity)

/** Cases in the order of the day. What is new since it was changed by hand stands before the first
    that is due later. */
export function arranged<C extends Due & { view: { id: string } }>(cases: C[], order: string[]): C[] {
  const byDue = [...cases].sort((a, b) => dueAt(a) - dueAt(b) || a.view.id.localeCompare(b.view.id))
  if (!order.length) return byDue
  const list = order.flatMap((id) => cases.find((c) => c.view.id === id) ?? [])
  for (const c of byDue) {
    if (list.includes(c)) continue
    const later = list.findIndex((other) => dueAt(other) > dueAt(c))
    list.splice(later < 0 ? list.length : later, 0, c)
  }
  return list
}

/** The order in which each is the nearest to the one before; what lies nowhere comes last. */
export function nearestFirst(cases: Pick<Carried, 'view' | 'place'>[], from: Point): string[] {
  const left = cases.filter((c) => c.place)
  const order: string[] = []
  for (let at = from; left.length;) {
    const [next] = left.splice(left.reduce((best, c, i) => (metres(at, c.place!) < metres(at, left[best]!.place!) ? i : best), 0), 1)
    order.push(next!.view.id)
    at = next!.place!
  }
  return [...order, ...cases.filter((c) => !c.place).map((c) => c.view.id)]
}

/** The order with one a place further up or down. */
export function moved(order: string[], id: string, by: -1 | 1): string[] {
  const [i, list] = [order.indexOf(id), [...order]]
  if (list[i + by] === undefined) return list
  ;[list[i], list[i + by]] = [list[i + by]!, list[i]!]
  return list
}
