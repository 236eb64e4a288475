// An element while it is being written.
import type { Element } from '../measure/book.ts'

export type Draft = Omit<Element, 'builtIn' | 'sample' | 'revision'>
export const combines = ['sum', 'stock', 'mean', 'max', 'min'] as const

export const fresh = (): Draft => ({ code: '', nameZh: '', nameEn: '', unitZh: '', unitEn: '', combine: 'sum', period: 'month', level: 'district', min: 0, whole: false, places: 0, source: '', owner: '', note: '' })
export const draftOf = ({ builtIn: _, sample: __, revision: ___, ...rest }: Element): Draft => ({ ...rest })

/** As it is sent: a bound that was left empty is none. */
export const sent = (d: Draft): Draft => {
  const { min, max, ...rest } = d
  const bound = (v: number | undefined) => (typeof v === 'number' && !Number.isNaN(v) ? v : undefined)
  return { ...rest, ...(bound(min) === undefined ? {} : { min }), ...(bound(max) === undefined ? {} : { max }) }
}
