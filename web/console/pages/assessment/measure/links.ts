// Where numbers lead: to what they are made of, and to their neighbours.
import type { RouteLocationRaw } from 'vue-router'
import { codesIn } from './formula.ts'
import type { Fact, Indicator } from './book.ts'

const query = (q: Record<string, string | undefined>): Record<string, string> => Object.fromEntries(Object.entries(q).filter((e): e is [string, string] => !!e[1]))

/** What a value is made of. asOf is a time of the city's clock: 2026-07-28T18:30. */
export const toValue = (indicator: string, unit: string, period: string, asOf?: string): RouteLocationRaw => ({ name: 'value', query: query({ indicator, unit, period, asOf }) })

export const toExplorer = (q: { indicator: string; level?: string; within?: string; kind?: string; view?: string; at?: string }): RouteLocationRaw => ({ name: 'explorer', query: query(q) })

/** Where a fact came from: its page, who may open it, and the word for it (measure.origin.KIND). */
export interface Origin { kind: 'alert' | 'device' | 'fund' | 'import' | 'return' | 'survey'; id: string; may: string; to: RouteLocationRaw }

const township = (region: string): boolean => /^\d{9}000$/.test(region) && !region.endsWith('000000')

/** Where a fact came from; a message opens with the terminals of its township, a count of devices with those of its region. */
export function originOf(f: Pick<Fact, 'origin' | 'region' | 'element' | 'ref'>): Origin | undefined {
  const [, from, id] = /^(\w+):(.+)$/.exec(f.origin) ?? []
  if (f.element.startsWith('fund.') && f.ref) return { kind: 'fund', id: f.ref, may: 'measure.read', to: { name: 'funds', params: { id: f.ref } } }
  if (!from || !id) return undefined
  switch (from) {
    case 'alert': return { kind: 'alert', id, may: 'alert.read', to: { name: 'messages', params: { id }, query: query({ part: 'terminals', d_township: township(f.region) ? f.region : undefined }) } }
    case 'device': return { kind: 'device', id, may: 'asset.read', to: { name: 'devices', query: { region: f.region } } }
    case 'import': return { kind: 'import', id, may: 'measure.state', to: { name: 'fact-imports', params: { id } } }
    case 'survey': return { kind: 'survey', id, may: 'measure.read', to: { name: 'survey', params: { id, tab: 'results' } } }
    case 'return': {
      const [form, unit, period] = id.split('/')
      return period ? { kind: 'return', id, may: 'measure.read', to: { name: 'return', params: { form: form!, unit: unit!, period } } } : undefined
    }
  }
  return undefined
}

/** The indicators that are reckoned with a code. */
export const usersOf = (code: string, all: Indicator[]): Indicator[] =>
  all.filter((d) => [d.numerator, d.denominator, ...d.parts].some((text) => codesIn(text).includes(code)) || (d.aggregate !== 'formula' && d.aggregate !== 'worst' && (d.weight || 'population') === code))
