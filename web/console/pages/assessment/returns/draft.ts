// What is being filled in: texts as they were typed, what they stand for, and what becomes of them
// when somebody else wrote meanwhile.
import type { Schemas } from '@/shared/api/client.ts'

type Answers = Record<string, Schemas['ReturnsAnswer']>

export interface Entry {
  text: string
  note: string
}
export type Draft = Record<string, Entry>

const nothings = ['', '-', '--', '—', '——', '/', '无', '空', 'n/a', 'na', 'none']

/** The number that a text stands for: null where it says that there is none, undefined where it is no number. A percent
    sign belongs to the number where the element counts in percent. */
export function readNumber(text: string, inPercent = false): number | null | undefined {
  let s = text.normalize('NFKC').replaceAll(/[\s,]/g, '').replaceAll('−', '-').toLowerCase()
  if (nothings.includes(s)) return null
  const percent = s.endsWith('%')
  if (percent) s = s.slice(0, -1)
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(s)) return undefined
  const value = Number(s)
  if (!Number.isFinite(value)) return undefined
  return percent && !inPercent ? Number((value / 100).toPrecision(15)) : value
}

const entry = (e: Entry | undefined): Entry => e ?? { text: '', note: '' }
const value = (text: string): number | string | null => readNumber(text) ?? (readNumber(text) === null ? null : text)

/** Whether two entries say the same, however they are typed. */
export const alike = (a: Entry | undefined, b: Entry | undefined): boolean => value(entry(a).text) === value(entry(b).text) && entry(a).note.trim() === entry(b).note.trim()

/** Whether two drafts say the same. */
export const same = (a: Draft, b: Draft): boolean => Object.keys({ ...a, ...b }).every((code) => alike(a[code], b[code]))

/** What answers look like in their fields. */
export const draftOf = (answers: Answers, codes: string[]): Draft =>
  Object.fromEntries(codes.map((code) => [code, { text: answers[code]?.value === null || answers[code]?.value === undefined ? '' : String(answers[code].value), note: answers[code]?.note ?? '' }]))

/** The items whose text is no number. */
export const wrongIn = (draft: Draft): string[] => Object.keys(draft).filter((code) => readNumber(draft[code]!.text) === undefined)

/** The draft as it can be sent: what is no number stays in the browser. */
export const sendable = (draft: Draft): Draft =>
  Object.fromEntries(Object.entries(draft).map(([code, e]) => [code, readNumber(e.text) === undefined ? { ...e, text: '' } : { ...e }]))

/** The answers that the server takes. */
export function answersOf(draft: Draft, inPercent: (code: string) => boolean): Answers {
  return Object.fromEntries(Object.entries(draft).flatMap(([code, e]) => {
    const value = readNumber(e.text, inPercent(code)) ?? null
    const note = e.note.trim()
    return value === null && !note ? [] : [[code, { value, ...(note ? { note } : {}) }]]
  }))
}

/** Mine and theirs on what both began from. Where only one changed an entry, that counts; where both did and differ,
    mine stays in the field and theirs is told. */
export function merge(base: Draft, mine: Draft, theirs: Draft): { draft: Draft; torn: Record<string, Entry> } {
  const draft: Draft = {}
  const torn: Record<string, Entry> = {}
  for (const code of Object.keys({ ...theirs, ...mine })) {
    const [b, m, t] = [base[code], mine[code], theirs[code]]
    if (alike(m, b)) draft[code] = alike(m, t) ? { ...entry(m) } : { ...entry(t) }
    else {
      draft[code] = { ...entry(m) }
      if (!alike(t, b) && !alike(t, m)) torn[code] = { ...entry(t) }
    }
  }
  return { draft, torn }
}

/** The cells of a column that was copied from a spreadsheet; undefined for a single one. Of several columns the last
    counts: the first are usually the names. */
export function pasted(text: string): string[] | undefined {
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/)
  if (lines.length < 2) return undefined
  return lines.map((line) => line.split('\t').filter((cell, i, all) => i === all.length - 1 || cell.trim()).at(-1)!.trim())
}

export interface Judged {
  code: string
  findings: number // 0 none, 1 asks for a word, 2 must be put right
  change: number | null // against the period before, as a share
}

/** How much is to be done before it is submitted, as the server counts it: a rule about two items is one thing to put
    right, and a word on any of them explains it. */
export function tally(findings: readonly Pick<Schemas['ReturnsFinding'], 'element' | 'about' | 'stops'>[], noteOn: (code: string) => string): { fix: number; explain: number } {
  const silent = findings.filter((f) => !f.stops && ![f.element, ...(f.about ?? [])].some((code) => noteOn(code).trim()))
  return { fix: findings.filter((f) => f.stops).length, explain: silent.length }
}

/** What is unusual first: what must be put right, what asks for a word, then what changed most. */
export const unusualFirst = <T extends Judged>(items: T[]): T[] =>
  [...items].sort((a, b) => b.findings - a.findings || Math.abs(b.change ?? 0) - Math.abs(a.change ?? 0))

/** How much a number changed against the one before, as a share; null where that is not known. */
export const changeOf = (now: number | null | undefined, before: number | null | undefined): number | null =>
  typeof now !== 'number' || typeof before !== 'number' ? null : now === before ? 0 : before === 0 ? Infinity : (now - before) / Math.abs(before)
