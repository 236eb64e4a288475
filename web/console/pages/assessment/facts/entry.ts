// A row of the grid in which facts are entered by hand.
import type { Schemas } from '@/shared/api/client.ts'
import { t } from '@/shared/i18n.ts'
import type { Element } from '../measure/book.ts'
import { meantPeriod, periodNow, periodWord, textOf } from '../measure/period.ts'

export type Field = 'element' | 'region' | 'period' | 'value' | ''
export interface Entry {
  key: number
  element: string
  name: string // what was typed for the element where there is none
  region: string
  place: string // the region's name, or what was typed where there is none
  period: string
  value: string
  known?: number | null // what is known already; null: nothing; undefined: not asked yet
  faults: Partial<Record<Field, string>> // by what is wrong; empty: the row as a whole
  said: '' | 'new' | 'changed' | 'same'
  doubts: string[] // what speaks against it, though it was taken
}

let made = 0
export const blank = (): Entry => ({ key: made++, element: '', name: '', region: '', place: '', period: '', value: '', faults: {}, said: '', doubts: [] })

const number = /^[-−]?\d+(\.\d+)?$/
const numeric = (text: string): number => Number(text.replaceAll(',', '').replace('−', '-'))
export const ready = (r: Entry): boolean => !!r.element && !!r.region && !!r.period && r.value !== ''

/** All that is wrong with a row before it is sent. */
export function faultsOf(r: Entry, element: Pick<Element, 'period'> | undefined, now = new Date()): Entry['faults'] {
  const faults: Entry['faults'] = {}
  if (!element) faults.element = t(r.name ? 'measure.fault.no_element' : 'measure.fault.element')
  if (!r.region) faults.region = t(r.place ? 'measure.fault.no_place' : 'measure.fault.region')
  const p = meantPeriod(r.period)
  if (element && p?.kind !== element.period) faults.period = t('period.wrong', { example: t(`period.example.${element.period}`) })
  else if (p && p.kind !== 'plan' && p.n > periodNow(p.kind, now).n) faults.period = t('measure.fault.ahead', { period: periodWord(textOf(p)) })
  if (!number.test(r.value.replaceAll(',', ''))) faults.value = t('measure.fault.value')
  return faults
}

/** A field was changed: what was said of it, and of the row as a whole, is no longer so. */
export function changed(r: Entry, field: Field): void {
  delete r.faults[field]
  delete r.faults['']
}

/** The period of a row as the server writes it; what is none, as it was typed. */
export const periodOf = (r: Pick<Entry, 'period'>): string => { const p = meantPeriod(r.period); return p ? textOf(p) : r.period }

/** A row as it is sent. */
export const stated = (r: Entry): Schemas['FactStated'] => ({ element: r.element, unit: r.region, period: periodOf(r), value: numeric(r.value) })

/** What takes rows back: a fact that was new is withdrawn, one that was changed gets what it said before. */
export const restored = (rows: Entry[]): Schemas['FactStated'][] =>
  rows.filter((r) => r.said === 'new' || r.said === 'changed').map((r) => ({ element: r.element, unit: r.region, period: periodOf(r), value: r.said === 'new' ? null : (r.known ?? null) }))
