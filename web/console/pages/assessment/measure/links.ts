// Where numbers lead: to what they are made of, and to their neighbours.
import type { RouteLocationRaw } from 'vue-router'
import { codesIn } from './formula.ts'
import type { Fact, Indicator } from './book.ts'

const query = (q: Record<string, string | undefined>): Record<string, string> => Object.fromEntries(Object.entries(q).filter((e): e is [string, string] => !!e[1]))

/** What a value is made of. asOf is a time of the city's clock: 2026-07-28T18:30. */
export const toValue = (indicator: string, unit: string, period: string, asOf?: string): RouteLocationRaw => ({ name: 'value', query: query({ indicator, unit, period, asOf }) })

export const toExplorer = (q: { indicator: string; level?: string; within?: string; kind?: string; view?: string; at?: string }): RouteLocationRaw => ({ name: 'explorer', query: query(q) })

/** The fund that a fact came from. */
export const fundOf = (f: Pick<Fact, 'origin' | 'ref' | 'element'>): RouteLocationRaw | undefined =>
  f.element.startsWith('fund.') && f.ref ? { name: 'funds', params: { id: f.ref } } : undefined

/** Where a fact came from: a message opens with the terminals of its township. */
export function originOf(f: Pick<Fact, 'origin' | 'region'>): { message: string; to: RouteLocationRaw } | undefined {
  const id = /^alert:(.+)$/.exec(f.origin)?.[1]
  if (!id) return undefined
  return { message: id, to: { name: 'messages', params: { id }, query: query({ part: 'terminals', d_township: /^\d{9}000$/.test(f.region) && !f.region.endsWith('000000') ? f.region : undefined }) } }
}

/** The indicators that are reckoned with a code. */
export const usersOf = (code: string, all: Indicator[]): Indicator[] =>
  all.filter((d) => [d.numerator, d.denominator, ...d.parts].some((text) => codesIn(text).includes(code)) || (d.aggregate !== 'formula' && d.aggregate !== 'worst' && (d.weight || 'population') === code))
