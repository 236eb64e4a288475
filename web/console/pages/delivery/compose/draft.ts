// A message while it is written: what the form holds, and how that becomes what the API takes.
import { computed, reactive } from 'vue'
import type { Schemas } from '@/shared/api/client.ts'
import { momentOf, wallTime } from '@/shared/clock.ts'
import { closed, open, type Ring } from '../../../map/shape.ts'

export type MessageView = Schemas['AlertMessageView']
export type Version = Schemas['AlertVersionView']
export type Template = Schemas['RuleTemplate']
type Kind = Body['kind']
type Body = Schemas['AlertDraft']
export type Text = Schemas['MessageText']
/** Does something to the sounds or attachments of the message that is written; whether it worked. */
export type Change = (what: string, work: (id: string) => Promise<MessageView>) => Promise<boolean>

export const kinds: Kind[] = ['real', 'terminal_drill', 'head_end_drill', 'platform_drill']

export interface Form {
  kind: Kind | '' // a person says it first; nothing is assumed
  template: string
  blanks: Record<string, string> // what was typed for the template's blanks
  filled: string // the texts as the template last wrote them; edited ones are left alone
  class: 'emergency' | 'everyday'
  event: string
  severity: Body['severity']
  zh: Text
  en: Text
  withEnglish: boolean
  regions: string[]
  zones: string[]
  devices: string[]
  rings: Ring[]
  later: boolean
  startsAt: string // the city's time as the input holds it
  hours: number
  lasts: boolean // counted from the issue on, as plans of drills have it
  stands?: { hours: number; startsAt: string; endsAt: string } // the end as it was written, and the rounded hours that are shown of it
  plays: number
  gap: number
  ownVolume: boolean
  volume: number
}

const noText = (lang: 'zh' | 'en'): Text => ({ lang, title: '', body: '', advice: '' })

/** An empty form. */
export const emptyForm = (): Form => ({
  kind: '', template: '', blanks: {}, filled: '', class: 'emergency', event: '', severity: 'yellow', zh: noText('zh'), en: noText('en'), withEnglish: false,
  regions: [], zones: [], devices: [], rings: [], later: false, startsAt: '', hours: 6, lasts: false, stands: undefined, plays: 3, gap: 20, ownVolume: true, volume: 80,
})

/** Hours from a moment to an end, in quarters. */
const hoursOf = (from: number, ends: string): number => Math.max(0.25, Math.round((Date.parse(ends) - from) / 900_000) / 4)

/** The form of a version that is worked on. */
export function formOf(m: MessageView, v: Version): Form {
  const text = (lang: 'zh' | 'en') => v.texts?.find((t) => t.lang === lang)
  const from = v.startsAt ? Date.parse(v.startsAt) : Date.now()
  const startsAt = v.startsAt ? wallTime(new Date(v.startsAt)) : ''
  const hours = v.lasts ? v.lasts / 60 : hoursOf(from, v.endsAt)
  return {
    ...emptyForm(), kind: m.kind as Kind, class: m.class as Form['class'], event: v.event, severity: v.severity as Form['severity'],
    zh: { advice: '', ...(text('zh') ?? noText('zh')) }, en: { advice: '', ...(text('en') ?? noText('en')) }, withEnglish: !!text('en'),
    regions: v.area.regions ?? [], zones: v.area.zones ?? [], devices: v.area.devices ?? [],
    rings: ((v.area.polygons ?? []) as unknown as Ring[]).map(open),
    later: !!v.startsAt, startsAt, hours, lasts: !!v.lasts,
    stands: v.lasts || Date.parse(v.endsAt) <= Date.now() ? undefined : { hours, startsAt, endsAt: v.endsAt },
    plays: v.repeat.count, gap: v.repeat.intervalSeconds, ownVolume: v.volume === undefined, volume: v.volume ?? 80,
  }
}

/** The form of a new message that is like one that was sent: all but its dates. */
export function likeOf(m: MessageView, v: Version): Form {
  return { ...formOf(m, v), later: false, startsAt: '', lasts: false, stands: undefined, hours: hoursOf(Date.parse(v.startsAt ?? v.issuedAt ?? v.createdAt), v.endsAt) }
}

export const areaOf = (f: Form): Body['area'] => ({
  regions: f.regions.length ? f.regions : undefined,
  zones: f.zones.length ? f.zones : undefined,
  devices: f.devices.length ? f.devices : undefined,
  polygons: f.rings.length ? (f.rings.map(closed) as unknown as number[][][]) : undefined,
})

/** Whether the form names any place at all. */
export const hasArea = (f: Form): boolean => f.regions.length + f.zones.length + f.devices.length + f.rings.length > 0

/** When it begins, if not at once, and when it ends: as it was written, until somebody says otherwise. */
export function spanOf(f: Form, now = Date.now()): { starts?: Date; ends: Date } {
  const starts = f.later && f.startsAt ? momentOf(f.startsAt) : undefined
  const was = f.stands
  if (was && f.hours === was.hours && (f.later ? f.startsAt : '') === was.startsAt) return { starts, ends: new Date(was.endsAt) }
  return { starts, ends: new Date((starts?.getTime() ?? now) + (f.hours || 0) * 3_600_000) }
}

/** What a template's {time} says: now, or the moment at which it begins later, with the day where
    that is another. */
export function timeWords(f: Pick<Form, 'later' | 'startsAt'>, now = Date.now()): { time: string; 'time.en': string } {
  const [today, clock] = wallTime(new Date(now)).split('T') as [string, string]
  const [day, starts] = f.startsAt.slice(0, 16).split('T')
  if (!f.later || !day || !starts || momentOf(f.startsAt).getTime() <= now) return { time: clock, 'time.en': clock }
  if (day === today) return { time: starts, 'time.en': starts }
  const date = new Date(`${day}T00:00Z`)
  const month = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'long' }).format(date)
  return { time: `${date.getUTCMonth() + 1}月${date.getUTCDate()}日${starts}`, 'time.en': `${starts} on ${month}` }
}

/** Characters that the API takes of a title, and of body and advice together. */
export const limits = { title: 60, text: 1850 }

const trimmed = (t: Text): Text => ({ ...t, title: t.title.trim(), body: t.body.trim(), advice: t.advice?.trim() || undefined })

/** The texts that go out. */
export const textsOf = (f: Form): Text[] => (f.withEnglish ? [f.zh, f.en] : [f.zh]).map(trimmed)

/** The language whose text stayed as it was although the other's was changed. */
export function leftBehind(before: Text[], after: Text[]): 'zh' | 'en' | undefined {
  const words = (t: Text) => [t.title, t.body, t.advice || ''].map((s) => s.trim()).join('\n')
  const both = after.flatMap((t) => before.filter((b) => b.lang === t.lang).map((b) => ({ lang: t.lang as 'zh' | 'en', same: words(b) === words(t) })))
  return both.some((t) => !t.same) ? both.find((t) => t.same)?.lang : undefined
}

/** The body that the API takes. */
export function bodyOf(f: Form): Body {
  const { starts, ends } = spanOf(f)
  return {
    kind: f.kind as Kind, class: f.class, event: f.event, severity: f.class === 'everyday' ? 'unknown' : f.severity,
    texts: textsOf(f), area: areaOf(f),
    startsAt: starts?.toISOString(), endsAt: ends.toISOString(), lasts: f.lasts ? Math.max(1, Math.round(f.hours * 60)) : undefined,
    repeat: { count: f.plays, intervalSeconds: f.gap }, volume: f.ownVolume ? undefined : f.volume,
  }
}

const blank = /\{([a-z]+)\}/g

/** The blanks of a template, in order of appearance. */
export const blanksOf = (t: Template): string[] =>
  [...new Set((t.texts ?? []).flatMap((x) => [...`${x.title}${x.body}${x.advice ?? ''}`.matchAll(blank)].map((m) => m[1]!)))]

const edge = /[，。：；、,.:;{}]/ // where the words around a blank end

/** The words around a blank, which say what to fill in and in what unit: 降雨量将达 ＿＿ 毫米以上. Nothing
    where it stands alone. */
export function around(t: Text, name: string): string {
  const text = [t.body, t.title, t.advice ?? ''].find((x) => x.includes(`{${name}}`)) ?? ''
  const at = text.indexOf(`{${name}}`)
  if (at < 0) return ''
  const before = text.slice(0, at).split(edge).at(-1)!
  const after = text.slice(at + name.length + 2).split(edge)[0]!
  if (!before.trim() && !after.trim()) return ''
  return `${before.trimStart().slice(-30)}＿＿${after.trimEnd().slice(0, 30)}`
}

const measure = /^\s*(以上|以下|毫米|厘米|公里|千米|平方|立方|米|小时|分钟|秒|天|日|级|度|摄氏度|例|人|户|台|吨|次|处|[%％℃])/

/** Whether a blank takes a number, which reads alike in every language: a unit or a bound comes after it. */
export function isNumber(t: Template, name: string): boolean {
  const text = t.texts?.find((x) => x.lang === 'zh')
  return [text?.body, text?.title, text?.advice].some((x) => x?.split(`{${name}}`).slice(1).some((after) => measure.test(after)))
}

/** Whether words have Chinese characters in them. */
export const hasChinese = (words: string): boolean => /\p{Script=Han}/u.test(words)

/** The Chinese that stands in the English text, bit by bit: it would be shown and read to those who know none. */
export const chineseInEnglish = (texts: Text[]): string[] =>
  [...new Set(texts.filter((t) => t.lang === 'en').flatMap((t) => [t.title, t.body, t.advice ?? ''].flatMap((s) => s.match(/\p{Script=Han}[\p{Script=Han}\d，。、：；（）]*/gu) ?? [])))]

/** A template's text with values put in; blanks without a value stay visible, and so does one of the
    English text for which there is Chinese only. */
export const fillText = (t: Text, values: Record<string, string>): Text => {
  const value = (name: string) => values[`${name}.${t.lang}`]?.trim() || (t.lang === 'en' && hasChinese(values[name] ?? '') ? '' : values[name]?.trim())
  const put = (s: string) => s.replace(blank, (whole, name: string) => value(name) || whole)
  return { lang: t.lang, title: put(t.title), body: put(t.body), advice: put(t.advice ?? '') }
}

/** The form with what it says of itself. */
export function useForm() {
  const form = reactive<Form>(emptyForm())
  const unfilled = computed(() => [form.zh, ...(form.withEnglish ? [form.en] : [])].some((t) => /[{}]/.test(t.title + t.body + (t.advice ?? ''))))
  const ready = computed(() => ({
    what: !!form.kind && /^[1-9]\d{4}$/.test(form.event) && !(form.template && unfilled.value),
    where: hasArea(form),
    say: !!form.zh.title.trim() && !!form.zh.body.trim() && (!form.withEnglish || (!!form.en.title.trim() && !!form.en.body.trim())) && !unfilled.value,
    when: form.hours > 0 && form.plays >= 1 && form.gap >= 0 && (!form.later || !!form.startsAt),
  }))
  const all = computed(() => Object.values(ready.value).every(Boolean))
  return { form, ready, all, unfilled }
}
