// The filters of the list of facts, between the address and the API.
import type { operations } from '@/shared/api/schema.d.ts'
import { momentOf } from '@/shared/clock.ts'
import { parse, textOf } from '../measure/period.ts'

type Query = NonNullable<operations['measure-facts']['parameters']['query']>

export const sources = ['module', 'register', 'return', 'hand', 'import', 'api', 'survey', 'fund', 'sample'] as const
const keys = ['element', 'unit', 'region', 'from', 'to', 'source', 'origin', 'corrects', 'old', 'asOf'] as const

/** Only what filters the list. */
export const narrowing = (query: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(query).filter(([key]) => (keys as readonly string[]).includes(key)))

/** The filters as the API's query; a mistyped word chooses nothing. Periods need an element: its kind tells which they are. */
export function factQuery(f: Record<string, string>): Query {
  const period = (text: string | undefined) => { const p = f.element ? parse(text) : undefined; return p && textOf(p) }
  const moment = (text: string | undefined) => (text && !Number.isNaN(Date.parse(text)) ? momentOf(text).toISOString() : undefined)
  return { element: f.element, unit: f.unit, region: f.region, from: period(f.from), to: period(f.to), source: sources.find((s) => s === f.source), origin: f.origin, corrects: f.corrects ? true : undefined, old: f.old ? true : undefined, asOf: moment(f.asOf) }
}
