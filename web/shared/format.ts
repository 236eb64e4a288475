// Numbers and times as people read them. Times show relative and absolute.
import { wallTime, zone } from './clock.ts'
import { lang, t } from './i18n.ts'

const locale = () => (lang.value === 'zh' ? 'zh-CN' : 'en-GB')

/** A whole or decimal number with grouping; absent values are a dash, not a zero. */
export function number(value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '—'
  const said = new Intl.NumberFormat(locale(), { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value)
  return said.replace('-', /[1-9]/.test(said) ? '−' : '') // nothing is never less than nothing
}

/** The unit as it stands behind a number that reads so: in English one of many has no s. */
export const unitBeside = (unit: string, shown: string): string =>
  lang.value !== 'en' || shown !== '1' ? unit : unit === 'people' ? 'person' : unit.replace(/^([A-Za-z ]+)ies$/, '$1y').replace(/^([A-Za-z ]{2,}[^s\W])s$/, '$1')

/** A number that people will repeat, rounded to two or three figures: 21.9 million, 2189 万. */
export function people(value: number | null | undefined): string {
  if (value === null || value === undefined) return '—'
  if (lang.value === 'zh') {
    if (value < 10_000) return number(value)
    const wan = value / 10_000
    return `${number(wan, wan < 100 ? 1 : 0)}\u00a0万`
  }
  if (value < 10_000) return number(value)
  if (value < 1_000_000) return `${number(value / 1000)}k`
  return `${number(value / 1_000_000, value < 10_000_000 ? 2 : 1)}\u00a0million`
}

/** The figure and the unit of a number of people: "171", "万人"; "1.71", "million people". */
export function personsParts(value: number | null | undefined): [figure: string, unit: string] {
  const [figure, ...scale] = people(value).split('\u00a0')
  return [figure!, [...scale, t(value === 1 ? 'unit.person' : 'unit.people')].join(lang.value === 'zh' ? '' : '\u00a0')]
}

/** As many people, so written that no line breaks between the figure and its unit. */
export const persons = (value: number | null | undefined): string => personsParts(value).join('\u00a0')

/** Rounded with halves away from zero, as documents do it: 94.25 is 94.3, also where the nearest
    float lies a hair below the half. */
const halfAway = (value: number, digits: number): number => Math.floor(value * 10 ** digits + 0.5 + 1e-9) / 10 ** digits

/** A share as a percentage; nothing out of nothing has none. Never rounded up to 100 %, nor down to 0. */
export function share(part: number, whole: number): string {
  if (!whole) return '—'
  if (!part || part >= whole) return `${number((part / whole) * 100)}%`
  const shown = Math.min(Math.max(halfAway((part / whole) * 100, 1), 0.1), 99.9).toFixed(1) // one decimal always: columns stay aligned
  return `${shown}%`
}

/** A moment: RFC 3339 text of the API, or a Date. A bare number is none: nobody would know of what. */
export type Moment = string | Date | null | undefined

/** The moment as a Date; undefined when absent. */
export function toDate(at: Moment): Date | undefined {
  if (!at) return undefined
  const date = new Date(at)
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() < 1971 ? undefined : date
}

/** The full date and time, to the second when seconds is true. */
export function absolute(at: Moment, seconds = false): string {
  const date = toDate(at)
  if (!date) return '—'
  return new Intl.DateTimeFormat(locale(), {
    timeZone: zone.value, year: 'numeric', month: lang.value === 'zh' ? '2-digit' : 'short', day: '2-digit',
    hour: '2-digit', minute: '2-digit', second: seconds ? '2-digit' : undefined, hour12: false,
  }).format(date).replaceAll('/', '-')
}

/** The month and the day, and the time of day where it is wanted. */
export function dayOf(at: Moment, withTime = false): string {
  const date = toDate(at)
  if (!date) return '—'
  return new Intl.DateTimeFormat(locale(), {
    timeZone: zone.value, month: lang.value === 'zh' ? '2-digit' : 'short', day: '2-digit',
    ...(withTime ? { hour: '2-digit', minute: '2-digit', hour12: false } as const : {}),
  }).format(date).replaceAll('/', '-')
}

/** The day with its year. */
export function dateOf(at: Moment): string {
  const date = toDate(at)
  if (!date) return '—'
  return new Intl.DateTimeFormat(locale(), { timeZone: zone.value, year: 'numeric', month: lang.value === 'zh' ? '2-digit' : 'short', day: '2-digit' }).format(date).replaceAll('/', '-')
}

/** The time of day where it is today's, else with its day. */
export function shortTime(at: Moment, now: number): string {
  const date = toDate(at)
  return date && wallTime(date).slice(0, 10) === wallTime(new Date(now)).slice(0, 10) ? clockTime(at, false) : dayOf(at, true)
}

/** Only the time of day. */
export function clockTime(at: Moment, seconds = true): string {
  const date = toDate(at)
  if (!date) return '—'
  return new Intl.DateTimeFormat(locale(), {
    timeZone: zone.value, hour: '2-digit', minute: '2-digit', second: seconds ? '2-digit' : undefined, hour12: false,
  }).format(date)
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['second', 60], ['minute', 60], ['hour', 24], ['day', 30], ['month', 12], ['year', Infinity],
]

/** How long ago or until, in the largest fitting unit. */
export function relative(at: Moment, now: number): string {
  const date = toDate(at)
  if (!date) return t('time.never')
  let distance = (date.getTime() - now) / 1000
  if (Math.abs(distance) < 5) return t('time.now')
  for (const [unit, size] of steps) {
    if (Math.abs(distance) < size) {
      const said = new Intl.RelativeTimeFormat(locale(), { numeric: 'always', style: 'short' }).format(Math.round(distance), unit)
      return lang.value === 'zh' ? said.replace(/^(\d+)(?=\D)/, '$1 ') : said // as all our figures stand apart from their Chinese
    }
    distance /= size
  }
  return absolute(at)
}

/** A length of time in seconds as people say it: 0.8 s, 12 s, 3 min 05 s, 2 h 10 min. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '—'
  if (seconds < 10) return t('time.seconds', { value: number(seconds, 1) })
  const whole = Math.round(seconds)
  if (whole < 60) return t('time.seconds', { value: number(whole) })
  if (whole < 3600) return t('time.minutes', { minutes: Math.floor(whole / 60), seconds: String(whole % 60).padStart(2, '0') })
  return t('time.hours', { hours: Math.floor(whole / 3600), minutes: String(Math.floor((whole % 3600) / 60)).padStart(2, '0') })
}

/** A length of time beside an axis, with as many decimals as the axis's step needs: all of them alike. */
export function axisTime(seconds: number, step: number): string {
  const digits = Number.isInteger(step) ? 0 : Number.isInteger(step * 10) ? 1 : 2
  return seconds < 60 ? t('time.seconds', { value: number(seconds, digits) }) : duration(seconds)
}

const axisSteps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21_600, 43_200, 86_400]

/** The step of an axis of time that shows four or so marks up to the longest. */
export const axisStep = (longest: number): number => axisSteps.find((s) => longest / s <= 5) ?? 86_400 * Math.ceil(longest / 432_000)

/** A size of a file. */
export function bytes(value: number): string {
  if (value < 1024) return `${number(value)} B`
  if (value < 1024 ** 2) return `${number(value / 1024, 1)} KB`
  return `${number(value / 1024 ** 2, 1)} MB`
}
