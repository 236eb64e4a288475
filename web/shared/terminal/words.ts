// The words of the doors that have no Vue, screen and television, which say both languages by
// turns. Their keys begin with "door." (web/shared/locales/*/door.json).
import en from '../locales/en/door.json'
import zh from '../locales/zh/door.json'
import { fill, type Args, type Lang } from '../fill.ts'

export type { Lang } from '../fill.ts'

const catalogues: Record<Lang, Record<string, string>> = { zh, en }

/** Says a key in a language. A key without a sentence is shown as it is. */
export const say = (lang: Lang, key: keyof typeof zh, args: Args = {}): string => fill(catalogues[lang][key] ?? key, args, lang)

/** The door's language of a text's language. */
export const langOf = (tag: string): Lang => (/^(zh|cmn|yue)/i.test(tag) ? 'zh' : 'en')

const locale = { zh: 'zh-CN', en: 'en-GB' } as const

/** The hour and minute of a moment (ms) in the city. */
export const timeOf = (at: number, zone: string | undefined, lang: Lang): string =>
  new Intl.DateTimeFormat(locale[lang], { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at)

/** The day of a moment, with its weekday. */
export const dayOf = (at: number, zone: string | undefined, lang: Lang): string =>
  new Intl.DateTimeFormat(locale[lang], { timeZone: zone, month: 'long', day: 'numeric', weekday: 'long' }).format(at)

/** The hour and minute, and the day where it is another than today's. */
export function whenOf(at: number, now: number, zone: string | undefined, lang: Lang): string {
  const date = (t: number) => new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(t)
  if (date(at) === date(now)) return timeOf(at, zone, lang)
  return `${new Intl.DateTimeFormat(locale[lang], { timeZone: zone, month: lang === 'zh' ? 'long' : 'short', day: 'numeric' }).format(at)} ${timeOf(at, zone, lang)}`
}
