// What facts are about and what is made of them, as all pages of measures use it: definitions by
// code, values in tables, kept fresh by the live stream.
import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { computed, type ComputedRef } from 'vue'
import { answer, api, type Schemas } from '@/shared/api/client.ts'
import { number, unitBeside } from '@/shared/format.ts'
import { lang, nameOf, t } from '@/shared/i18n.ts'
import { onGap, onLive } from '@/shared/live.ts'
import { bundled, whileUsed } from '../../../whileused.ts'
import { typed } from './pinyin.ts'

export type Indicator = Schemas['IndicatorDefinition']
export type Element = Schemas['FactElement']
export type Unit = Schemas['IndicatorUnit']
export type Table = Schemas['IndicatorTable']
export type Note = Schemas['IndicatorNote']
export type Fact = Schemas['Fact']

/** An element or an indicator, with how its name is typed. */
export interface Thing { code: string; nameZh: string; nameEn: string; unitZh: string; unitEn: string; places: number; indicator: boolean; keys: string[] }

/** Reads anew what is shown of facts and their values when the stream tells of them. */
export const keepMeasure = whileUsed((client) => {
  const again = bundled(() => {
    void client.invalidateQueries({ queryKey: ['measure', 'values'] })
    void client.invalidateQueries({ queryKey: ['measure', 'fact'] })
    void client.invalidateQueries({ predicate: ({ queryKey: [kind, name] }) => kind === 'list' && (name === 'facts' || name === 'indicators') })
  })
  const stops = [onLive('measure', again), onGap(again)]
  return () => { stops.forEach((stop) => stop()); again.stop() }
})

const thing = (x: Indicator | Element, indicator: boolean): Thing => {
  const { whole, initials } = typed(x.nameZh)
  const { code, nameZh, nameEn, unitZh, unitEn, places } = x
  return { code, nameZh, nameEn, unitZh, unitEn, places, indicator, keys: [code, nameZh.toLowerCase(), nameEn.toLowerCase(), whole, initials] }
}

/** All definitions; the lists are small and come whole. */
export function useBook(): {
  indicators: ComputedRef<Indicator[]>
  elements: ComputedRef<Element[]>
  things: ComputedRef<Thing[]>
  byCode: ComputedRef<Map<string, Thing>>
  ready: ComputedRef<boolean>
  error: ComputedRef<unknown>
  again: () => Promise<unknown>
} {
  const ofIndicators = useQuery({ queryKey: ['measure', 'indicators'], staleTime: 60_000, queryFn: () => answer(api.GET('/api/measure/indicators')) })
  const ofElements = useQuery({ queryKey: ['measure', 'elements'], staleTime: 60_000, queryFn: () => answer(api.GET('/api/measure/elements')) })
  const indicators = computed(() => ofIndicators.data.value?.items ?? [])
  const elements = computed(() => ofElements.data.value?.items ?? [])
  const things = computed(() => [...elements.value.map((e) => thing(e, false)), ...indicators.value.map((d) => thing(d, true))])
  return {
    indicators, elements, things, byCode: computed(() => new Map(things.value.map((x) => [x.code, x]))),
    ready: computed(() => !!ofIndicators.data.value && !!ofElements.data.value), error: computed(() => ofIndicators.error.value ?? ofElements.error.value),
    again: () => Promise.all([ofIndicators.refetch(), ofElements.refetch()]),
  }
}

/** Those that are meant by what somebody types: Chinese, pinyin, English or a code; what begins so comes first. */
export function meant<T extends { keys: string[]; code: string }>(words: string, things: T[]): T[] {
  const w = words.toLowerCase().trim()
  if (!w) return things
  const rank = ({ keys }: T) => (keys.some((k) => k === w) ? 0 : keys.some((k) => k.startsWith(w)) ? 1 : keys.some((k) => k.includes(w)) ? 2 : 3)
  return things.map((x) => ({ x, r: rank(x) })).filter(({ r }) => r < 3).sort((a, b) => a.r - b.r || a.x.code.localeCompare(b.x.code)).map(({ x }) => x)
}

type Measured = Pick<Indicator, 'unitZh' | 'unitEn' | 'places'>
export const unitOf = (d: Pick<Measured, 'unitZh' | 'unitEn'>): string => (lang.value === 'en' && d.unitEn) || d.unitZh
/** A value with its unit, on one line; a dash where it is not known. Yuan have their fen only where there are some, as in the book of money. */
export const valueWord = (d: Measured, v: number | null | undefined): string => {
  const shown = number(v, d.unitZh === '元' && Number.isInteger(v) ? 0 : d.places)
  const unit = unitBeside(unitOf(d), shown)
  return shown + (v === null || v === undefined || !unit ? '' : /^[%‰]$/.test(unit) ? unit : `\u00a0${unit}`)
}
/** A difference of two values with its unit: shares differ by percentage points. */
export const differenceWord = (d: Measured, v: number): string => (unitOf(d) === '%' ? t('measure.percentage_points', { count: number(v, d.places) }) : valueWord(d, v))
/** What an indicator belongs to: one of the product's themes, or as somebody wrote it. */
export const themes = ['emergency', 'objectives', 'coverage', 'service', 'access', 'people', 'satisfaction', 'safety', 'upkeep', 'outlet', 'station', 'screen', 'hotel', 'operators', 'money'] as const
export const themeWord = (theme: string): string => ((themes as readonly string[]).includes(theme) ? t(`measure.theme.${theme}`) : theme || t('measure.theme.none'))

/** What values are asked for; units are those of a level within a region, or named ones. */
export interface Asked { indicator: string[]; unit?: string[]; within?: string; level?: Schemas['FactElement']['level']; from: string; to: string; asOf?: string }

/** The values asked for; those of before stay until others are there. */
export function useValues(asked: ComputedRef<Asked | undefined>): { table: ComputedRef<Table | undefined>; error: ComputedRef<unknown>; waiting: ComputedRef<boolean>; again: () => void } {
  keepMeasure()
  const query = useQuery({
    queryKey: ['measure', 'values', asked], enabled: () => !!asked.value?.indicator.length, placeholderData: keepPreviousData,
    queryFn: ({ signal }) => answer(api.GET('/api/measure/values', { params: { query: asked.value! }, signal })),
  })
  return { table: computed(() => query.data.value), error: computed(() => query.error.value), waiting: computed(() => query.isFetching.value), again: () => void query.refetch() }
}

/** A value with what is to be known about it. */
export interface Cell { value: number | null; note?: Note }

/** Looks up the cells of one indicator in a table. */
export function cellsOf(table: Table | undefined, code: string): (unit: number, period: number) => Cell {
  const series = table?.indicators?.find((s) => s.code === code)
  const periods = table?.periods?.length ?? 0
  const notes = new Map((series?.notes ?? []).map((n) => [n.unit * periods + n.period, n]))
  return (unit, period) => ({ value: series?.values?.[unit]?.[period] ?? null, note: notes.get(unit * periods + period) })
}

/** What is to be known about a value, in a sentence; empty where there is nothing. */
export function noteWord(n: Note | undefined, place: (code: string) => string = (c) => c): string {
  if (!n) return ''
  return [
    n.imputed && t('measure.note.imputed'), n.stale && t('measure.note.stale', { period: n.stale }), n.missing && t(`measure.note.${n.missing}`),
    n.worst && t('measure.note.worst', { name: place(n.worst) }), n.most !== undefined && t('measure.note.most', { value: number(n.most, 3) }),
  ].filter(Boolean).join(t('word.clause'))
}

export const unitName = (u: Pick<Unit, 'nameZh' | 'nameEn'>): string => nameOf(u)
