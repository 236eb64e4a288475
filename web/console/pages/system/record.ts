// What a record of the audit trail says, in words: the fields of its detail that people ask
// for, and what kind of thing it is about. All of it stands in the raw record.
import type { Schemas } from '@/shared/api/client.ts'
import { duration, number } from '@/shared/format.ts'
import { has, t } from '@/shared/i18n.ts'
import { codeOfPath } from '../../regions.ts'

export type AuditRecord = Pick<Schemas['AuditRecord'], 'action' | 'object' | 'detail'>
type Detail = Record<string, unknown>
type Place = (code: string) => string

const detailOf = (r: AuditRecord): Detail => (r.detail && typeof r.detail === 'object' ? (r.detail as Detail) : {})
const among = (prefix: string) => (v: unknown) => (has(`${prefix}.${String(v)}`) ? t(`${prefix}.${String(v)}`) : String(v))
const plain = (v: unknown) => String(v)
const count = (v: unknown) => number(Number(v))
const list = (v: unknown, say: (x: Detail) => string) => (Array.isArray(v) ? (v as Detail[]).map(say).filter(Boolean).join(t('word.comma')) : '')

/** How each known field is said; a field that is not here is left to the raw record. */
const said: Record<string, (v: unknown, place: Place) => string> = {
  title: plain, name: plain, username: plain, version: count, kind: (v) => (has(`kind.${String(v)}`) ? t(`kind.${String(v)}`) : among('device.kind')(v)),
  severity: among('severity'), class: among('class'), reason: (v) => (has(`audit.refused.${String(v)}`) ? t(`audit.refused.${String(v)}`) : among('reason')(v)), outcome: plain, party: plain, contact: plain, note: plain, problem: among('problem'),
  township: (v, place) => (v ? place(String(v)) : ''), regions: (v, place) => (Array.isArray(v) ? v.map((c) => place(String(c))).join(t('word.comma')) : ''),
  regionPath: (v, place) => (v ? place(codeOfPath(String(v))) : t('account.everywhere')),
  devices: count, count, terminals: count, people: count, required: count, voided: (v) => (Number(v) ? count(v) : ''), ended: count, messages: (v) => (Array.isArray(v) ? number(v.length) : ''),
  thinned: (v) => (Array.isArray(v) ? number(v.length) : ''), forced: plain, records: count, code: plain, model: plain, serial: plain,
  method: among('audit.method'), by: among('audit.method'), lang: among('lang'), theme: among('theme'),
  attachments: (v) => list(v, (a) => String(a.name ?? '')),
  sounds: (v) => list(v, (s) => `${among('lang')(s.lang)} ${duration(Number(s.millis) / 1000)}`),
}

/** Codes of the regions that a record's detail names. */
export function placesIn(r: AuditRecord): string[] {
  const d = detailOf(r)
  const codes = [d.township, ...(Array.isArray(d.regions) ? d.regions : []), d.regionPath ? codeOfPath(String(d.regionPath)) : '']
  return codes.map(String).filter((c) => /^[1-9]\d{11}$/.test(c))
}

/** The known fields of a record's detail, named and in words, in the order above. */
export function fieldsOf(r: AuditRecord, place: Place): { key: string; name: string; value: string }[] {
  const d = detailOf(r)
  return Object.entries(said).flatMap(([key, say]) => {
    const value = d[key] === undefined || d[key] === null || d[key] === '' ? '' : say(d[key], place)
    return value ? [{ key, name: t(`audit.field.${key}`), value }] : []
  })
}

/** The kind of thing that a record is about, and which one. */
export function objectOf(r: AuditRecord): { kind: string; id: string; name: string } {
  const at = r.object.indexOf(':')
  const kind = at < 0 ? r.object : r.object.slice(0, at)
  const d = detailOf(r)
  const name = [d.title, d.name, d.nameZh].find((x) => typeof x === 'string')
  return { kind, id: at < 0 ? '' : r.object.slice(at + 1), name: typeof name === 'string' && kind !== 'asset' ? name : '' }
}

/** The word for a kind of thing; archtest sees to it that each has one. */
export const kindWord = (kind: string): string => (has(`object.${kind}`) ? t(`object.${kind}`) : kind)
