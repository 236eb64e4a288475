// A row of the grid in which facts are entered by hand.
import type { Schemas } from '@/shared/api/client.ts'
import { t } from '@/shared/i18n.ts'
import type { Element } from '../measure/book.ts'
import { parse, periodNow, periodWord } from '../measure/period.ts'

export interface Entry {
  key: number
  element: string
  name: string // what was typed for the element where there is none
  region: string
  place: string // the region's name, or what was typed where there is none
  period: string
  value: string
  known?: number | null // what is known already; null: nothing; undefined: not asked yet
  fault?: { field: string; message: string }
  said: '' | 'new' | 'changed' | 'same'
  doubts: string[] // what speaks against it, though it was taken
}

let made = 0
export const blank = (): Entry => ({ key: made++, element: '', name: '', region: '', place: '', period: '', value: '', said: '', doubts: [] })

const number = /^[-−]?\d+(\.\d+)?$/
const numeric = (text: string): number => Number(text.replaceAll(',', '').replace('−', '-'))
export const ready = (r: Entry): boolean => !!r.element && !!r.region && !!r.period && r.value !== ''

/** What is wrong with a row before it is sent. */
export function fault(r: Entry, element: Pick<Element, 'period'> | undefined, now = new Date()): Entry['fault'] {
  if (!element) return { field: 'element', message: t(r.name ? 'measure.fault.no_element' : 'measure.fault.element') }
  if (!r.region) return { field: 'region', message: t(r.place ? 'measure.fault.no_place' : 'measure.fault.region') }
  if (parse(r.period)?.kind !== element.period) return { field: 'period', message: t('period.wrong', { example: t(`period.example.${element.period}`) }) }
  if (element.period !== 'plan' && parse(r.period)!.n > periodNow(element.period, now).n) return { field: 'period', message: t('measure.fault.ahead', { period: periodWord(r.period) }) }
  if (!number.test(r.value.replaceAll(',', ''))) return { field: 'value', message: t('measure.fault.value') }
  return undefined
}

/** A row as it is sent. */
export const stated = (r: Entry): Schemas['FactStated'] => ({ element: r.element, unit: r.region, period: r.period, value: numeric(r.value) })

/** What takes rows back: a fact that was new is withdrawn, one that was changed gets what it said before. */
export const restored = (rows: Entry[]): Schemas['FactStated'][] =>
  rows.filter((r) => r.said === 'new' || r.said === 'changed').map((r) => ({ element: r.element, unit: r.region, period: r.period, value: r.said === 'new' ? null : (r.known ?? null) }))
