// What a form asks, by what was answered so far: the same rules as engine/procedure, which has the
// last word.
import { momentOf, wallTime } from '../clock.ts'
import { absolute, dateOf, number } from '../format.ts'
import { lang, nameOf, t } from '../i18n.ts'
import type { Schemas } from '../api/client.ts'

export type Field = Schemas['ProcedureField']
export type Form = Schemas['ProcedureForm']
export type CaseType = Schemas['ProcedureType']
export type Data = Record<string, unknown>

export interface Spot {
  lon?: number
  lat?: number
  address?: string
}

/** Values of JSON that say the same. */
const same = (a: unknown, b: unknown): boolean => a === b || (typeof a === 'object' && typeof b === 'object' && !!a && !!b && JSON.stringify(a) === JSON.stringify(b))

/** Whether a value is one, or of a list one of them. What was not answered is false. */
function among(value: unknown, answer: unknown): boolean {
  if (Array.isArray(answer)) return answer.some((one) => same(one, value))
  return same(answer, value) || ((answer === undefined || answer === null) && value === false)
}

/** Whether a field is asked, by what was answered so far. */
export const shown = (field: Pick<Field, 'when'>, data: Data): boolean =>
  Object.entries(field.when ?? {}).every(([other, values]) => (values ?? []).some((value) => among(value, data[other])))

/** Whether a value says nothing. */
export function empty(value: unknown): boolean {
  if (value === undefined || value === null) return true
  if (typeof value === 'string') return value.trim() === ''
  if (Array.isArray(value)) return value.length === 0
  return typeof value === 'object' && Object.keys(value).length === 0
}

const trimmed = (value: unknown): unknown => (typeof value === 'string' ? value.trim() : value)

/** The fields that are asked, in order, and what counts of what was filled in: what is not asked
    under these answers is left out. before is what the case knows already. */
export function take(fields: readonly Field[], filled: Data, before: Data = {}): { asked: Field[]; taken: Data } {
  const all = { ...before }
  const asked: Field[] = []
  const taken: Data = {}
  for (const field of fields) {
    delete all[field.id]
    if (!shown(field, all)) continue
    asked.push(field)
    const value = trimmed(filled[field.id])
    if (!empty(value)) all[field.id] = taken[field.id] = value
  }
  return { asked, taken }
}

/** What a form begins with: its defaults. */
export const begin = (fields: readonly Field[]): Data =>
  Object.fromEntries(fields.filter((f) => f.default !== undefined && f.default !== null).map((f) => [f.id, f.default]))

/** The fields of a form that a draft on this machine may keep: nothing about people, nothing sealed. */
export const keepable = (fields: readonly Field[], data: Data): Data =>
  Object.fromEntries(Object.entries(data).filter(([id]) => fields.some((f) => f.id === id && !f.personal && !f.sealed && !['file', 'signature'].includes(f.format ?? f.items?.[0]?.format ?? ''))))

/** A limit that the field's schema sets. */
export const limit = (field: Field, key: string): number | undefined => (typeof field.schema[key] === 'number' ? (field.schema[key] as number) : undefined)

/** An example of what the field takes. */
export function example(field: Field): string | undefined {
  const list = field.schema.examples
  return Array.isArray(list) && list.length ? String(list[0]) : undefined
}

/** A date and time as its input holds it, of a value as the case keeps it, and back. */
export const wallOf = (format: string | undefined, value: unknown): string =>
  typeof value !== 'string' || !value ? '' : format === 'date-time' ? wallTime(new Date(value)) : format === 'time' ? value.slice(0, 5) : value
export const keptOf = (format: string | undefined, wall: string): string | undefined =>
  !wall ? undefined : format === 'date-time' ? momentOf(wall).toISOString() : format === 'time' ? `${wall}:00Z` : wall

export const spotWord = (spot: Spot): string =>
  [spot.address, spot.lon !== undefined && spot.lat !== undefined ? `${spot.lon.toFixed(5)}, ${spot.lat.toFixed(5)}` : ''].filter(Boolean).join(lang.value === 'zh' ? '，' : ', ')

/** A value in words. names tells whom or what an id names. */
export function said(field: Field, value: unknown, names: Readonly<Record<string, string>> = {}): string {
  if (empty(value)) return t('case.not_given')
  const option = (v: unknown) => field.options?.find((o) => same(o.value, v)) ?? field.items?.[0]?.options?.find((o) => same(o.value, v))
  if (Array.isArray(value)) {
    const item = field.items?.[0]
    return value.map((v) => (option(v) ? nameOf(option(v)!.title) : item ? said(item, v, names) : String(v))).join(lang.value === 'zh' ? '、' : ', ')
  }
  if (option(value)) return nameOf(option(value)!.title)
  if (typeof value === 'boolean') return t(value ? 'case.yes' : 'case.no')
  if (typeof value === 'object') {
    if (field.format === 'place') return spotWord(value as Spot)
    return (field.items ?? []).filter((f) => !empty((value as Data)[f.id])).map((f) => `${nameOf(f.title)} ${said(f, (value as Data)[f.id], names)}`).join(lang.value === 'zh' ? '，' : ', ')
  }
  if (typeof value === 'number') return field.format === 'money' ? t('case.yuan', { amount: number(value, 2) }) : number(value, Number.isInteger(value) ? 0 : 2)
  const text = String(value)
  switch (field.format) {
    case 'date': return dateOf(`${text}T12:00:00Z`)
    case 'minute': return absolute(momentOf(text))
    case 'date-time': return absolute(text)
  }
  return names[text] ?? text
}
