// The stretches of time that facts and indicators are about, as the server writes them:
// 2026-07-28, 2026-07, 2026Q3, 2026H2, 2026, 2026-2030. Each lies whole in the next.
import { wallTime } from '@/shared/clock.ts'
import { lang, t } from '@/shared/i18n.ts'

export const kinds = ['day', 'month', 'quarter', 'half', 'year', 'plan'] as const
export type Kind = (typeof kinds)[number]

/** The n-th of its kind: days are counted from 1970-01-01, all others from the year 1. */
export interface Period { kind: Kind; n: number }

const months: Record<Kind, number> = { day: 0, month: 1, quarter: 3, half: 6, year: 12, plan: 60 }
const dayMillis = 86_400_000
const two = (n: number): string => String(n).padStart(2, '0')

/** The first day of a period. */
function dateOf({ kind, n }: Period): [year: number, month: number, day: number] {
  if (kind === 'day') {
    const at = new Date(n * dayMillis)
    return [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate()]
  }
  const m = n * months[kind]
  return [Math.floor(m / 12) + 1, (m % 12) + 1, 1]
}

/** The period of a kind that holds a day such as 2026-07-28. */
export function periodOn(kind: Kind, day: string): Period {
  const [year, month] = day.split('-').map(Number)
  return { kind, n: kind === 'day' ? Date.parse(`${day}T00:00Z`) / dayMillis : Math.floor(((year! - 1) * 12 + month! - 1) / months[kind]) }
}

/** The period of a kind in which the city is now. */
export const periodNow = (kind: Kind, now = new Date()): Period => periodOn(kind, wallTime(now).slice(0, 10))

export const next = (p: Period, by = 1): Period => ({ kind: p.kind, n: p.n + by })

/** A period as the server writes it. */
export function textOf(p: Period): string {
  const [year, month, day] = dateOf(p)
  switch (p.kind) {
    case 'day': return `${year}-${two(month)}-${two(day)}`
    case 'month': return `${year}-${two(month)}`
    case 'quarter': return `${year}Q${Math.floor((month - 1) / 3) + 1}`
    case 'half': return `${year}H${month > 6 ? 2 : 1}`
    case 'year': return String(year)
    case 'plan': return `${year}-${year + 4}`
  }
}

const written: [Kind, RegExp][] = [
  ['day', /^(\d{4})-(\d\d)-(\d\d)$/], ['month', /^(\d{4})-(\d\d)$/], ['quarter', /^(\d{4})Q([1-4])$/i], ['half', /^(\d{4})H([12])$/i], ['year', /^(\d{4})$/], ['plan', /^(\d{4})-(\d{4})$/],
]

/** What somebody wrote as a period; undefined for what is none. */
export function parse(text: string | undefined): Period | undefined {
  for (const [kind, like] of written) {
    const m = like.exec(text?.trim() ?? '')
    if (!m) continue
    const month = kind === 'quarter' ? Number(m[2]) * 3 : kind === 'half' ? Number(m[2]) * 6 : kind === 'year' || kind === 'plan' ? 1 : Number(m[2])
    const day = `${m[1]}-${two(month)}-${m[3] ?? '01'}`
    if (month < 1 || month > 12 || Number.isNaN(Date.parse(`${day}T00:00Z`))) return undefined
    const p = periodOn(kind, day)
    return textOf(p) === text!.trim().toUpperCase() ? p : undefined
  }
  return undefined
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const monthOf = (name: string): string => String(monthNames.indexOf(name.slice(0, 3)) + 1)
/** The ways in which people and our own pages write a period, without spaces, in small letters and with figures for numerals. */
const spoken: [RegExp, (m: string[]) => string][] = [
  [/^(\d{4})(?:[-/.年](\d{1,2})|(\d\d))月?份?$/, ([, y, a, b]) => `${y}-${two(Number(a ?? b))}`],
  [/^(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})|(\d\d)(\d\d))日?$/, ([, y, m, d, m2, d2]) => `${y}-${two(Number(m ?? m2))}-${two(Number(d ?? d2))}`],
  [/^(\d{4})年?第?([1-4])季度?$/, ([, y, q]) => `${y}Q${q}`], [/^(\d{4})年?([12])半年$/, ([, y, h]) => `${y}H${h}`],
  [/^(\d{4})年度?$/, ([, y]) => y!], [/^(?:plan)?(\d{4})年?[-—–~至到](\d{4})年?(?:规划期)?$/, ([, y, last]) => `${y}-${last}`],
  [/^([a-z]{3,9})\.?,?(\d{4})$/, ([, m, y]) => `${y}-${two(Number(monthOf(m!)))}`], [/^(\d{1,2})([a-z]{3,9})\.?,?(\d{4})$/, ([, d, m, y]) => `${y}-${two(Number(monthOf(m!)))}-${two(Number(d))}`],
  [/^([qh])([1-4])(\d{4})$/, ([, k, n, y]) => `${y}${k}${n}`], [/^(first|second)halfof(\d{4})$/, ([, h, y]) => `${y}H${h === 'first' ? 1 : 2}`],
]
const numerals: Record<string, string> = { 一: '1', 二: '2', 三: '3', 四: '4', 上: '1', 下: '2' }

/** What somebody typed as a period: as the server writes it, or as people and our pages do, such as
    2026年11月, Nov 2026 or 2026年第三季度. Undefined for what is none. */
export function meantPeriod(text: string): Period | undefined {
  const compact = text.normalize('NFKC').replace(/\s+/g, '').toLowerCase().replace(/[一二三四上下]/g, (c) => numerals[c]!)
  const found = spoken.flatMap(([like, say]) => { const m = like.exec(compact); return m ? [say([...m])] : [] })[0]
  return parse(text) ?? parse(compact) ?? parse(found)
}

/** The period of another kind in which this one's last day lies. */
export const inKind = (p: Period, kind: Kind): Period => (kind === p.kind ? p : periodOn(kind, lastDay(p)))

/** The last day of a period. */
export function lastDay(p: Period): string {
  const [year, month, day] = dateOf(next(p))
  return new Date(Date.UTC(year, month - 1, day) - dayMillis).toISOString().slice(0, 10)
}

/** The periods from one to another of the same kind. */
export const run = (from: Period, to: Period): Period[] => Array.from({ length: Math.max(0, to.n - from.n + 1) }, (_, i) => next(from, i))

/** A period as people say it. */
export function periodWord(text: string): string {
  const p = parse(text)
  if (!p) return text
  const [year, month, day] = dateOf(p)
  const monthWord = lang.value === 'zh' ? String(month) : new Intl.DateTimeFormat('en-GB', { month: 'short', timeZone: 'UTC' }).format(new Date(Date.UTC(2000, month - 1, 1)))
  return t(`period.${p.kind}`, { year: String(year), month: monthWord, day: String(day), quarter: t(`period.nth.${Math.floor((month - 1) / 3) + 1}`), half: t(month > 6 ? 'period.second' : 'period.first'), last: String(year + 4) })
}

/** Whether a period is not over at a moment: what is known of it is not all of it. */
export function isRunning(text: string, at: Date = new Date()): boolean {
  const p = parse(text)
  return !!p && p.n >= periodNow(p.kind, at).n
}

/** A period as people say it, with a word where it is not over. */
export const periodSaid = (text: string, at: Date = new Date()): string => (isRunning(text, at) ? t('period.running', { period: periodWord(text) }) : periodWord(text))

/** A period beside an axis or over a column: short. Quarters and half-years have no short numbers that
    everybody reads, and go by words. */
export function shortPeriod(text: string): string {
  const kind = parse(text)?.kind
  if (kind === 'day') return text.slice(5)
  const [year, n] = [text.slice(0, 4), text.slice(-1)]
  if (kind === 'quarter') return t('period.short.quarter', { year, nth: t(`period.nth.${n}`) })
  return kind === 'half' ? t(n === '1' ? 'period.short.first' : 'period.short.second', { year }) : text
}
