// What a telephone operator's screen works out: which kind of case a caller speaks of, which of the
// form's fields the screen asks by itself, what is read back, and a number letter by letter.
import { said, type CaseType, type Data, type Field } from '@/shared/case/field.ts'
import { lang, nameOf, t } from '@/shared/i18n.ts'

/** Types by how many of their public keywords the words hold, the best first; those that hold none are left out. */
export function suggested(words: string, types: readonly CaseType[]): CaseType[] {
  const text = words.toLowerCase()
  const score = (type: CaseType) => (type.public?.keywords ?? []).filter((k) => text.includes(k.toLowerCase())).reduce((sum, k) => sum + k.length, 0)
  return types.map((type) => ({ type, score: score(type) })).filter((x) => x.score > 0).sort((a, b) => b.score - a.score).map((x) => x.type)
}

/** The fields that the screen asks at its head: the caller's telephone, their name, what they say. */
export function callerFields(fields: readonly Field[]): { phone?: Field; name?: Field; words?: Field } {
  return {
    phone: fields.find((f) => f.format === 'phone'),
    name: fields.find((f) => f.personal && f.type === 'string' && !f.format && /name|caller|contact/.test(f.id)),
    words: fields.find((f) => f.type === 'string' && f.long && !f.when) ?? fields.find((f) => f.type === 'string' && !f.format && !f.options?.length && !f.personal && !f.when),
  }
}

/** What is read back to the caller, in their own words. */
export function readBack(type: CaseType, fields: readonly Field[], data: Data, place: string): string {
  const { words, phone, name } = callerFields(fields)
  const own = new Set([words?.id, phone?.id, name?.id])
  const more = fields.filter((f) => !own.has(f.id) && !f.personal && data[f.id] !== undefined && !['file', 'signature', 'place'].includes(f.format ?? f.items?.[0]?.format ?? ''))
    .map((f) => `${nameOf(f.title)}${lang.value === 'zh' ? '：' : ': '}${said(f, data[f.id])}`)
  const text = (f?: Field) => (f && typeof data[f.id] === 'string' ? String(data[f.id]).trim().replace(/[。.!！]+$/, '') : '')
  return [
    t(text(name) ? 'call.back.named' : 'call.back.words', { name: text(name), words: text(words) || nameOf(type.name) }),
    place && t('call.back.place', { place }),
    more.length && t('call.back.more', { more: more.join(lang.value === 'zh' ? '；' : '; ') }),
    text(phone) && t('call.back.phone', { phone: text(phone) }),
    t('call.back.right'),
  ].filter(Boolean).join(lang.value === 'zh' ? '' : ' ')
}

/** A number as it is spelled on the telephone: its parts, each letter and digit by itself. */
export const spelled = (number: string): string[] => number.split(/[-\s]+/).map((part) => [...part].join(' '))

/** The distance of two points in kilometres, near enough for "the nearest". */
export function distance(a: { lon: number; lat: number }, b: { lon: number; lat: number }): number {
  const [x, y] = [(a.lon - b.lon) * Math.cos(((a.lat + b.lat) / 2) * (Math.PI / 180)), a.lat - b.lat]
  return Math.hypot(x, y) * 111.2
}
