// Money as the pages of funds use it: its words, its filters in the address, and its lists kept fresh
// by the live stream.
import { useQuery } from '@tanstack/vue-query'
import { computed, type ComputedRef, type Ref } from 'vue'
import { answer, api, type ItemOf, type Schemas } from '@/shared/api/client.ts'
import { number } from '@/shared/format.ts'
import { lang, nameOf, t } from '@/shared/i18n.ts'
import { onGap, onLive } from '@/shared/live.ts'
import { bundled, whileUsed } from '../../../whileused.ts'
import { periodNow, textOf } from '../measure/period.ts'

export type Fund = Schemas['Fund']
export type View = Schemas['FundView']
export type Branch = Schemas['FundBranch']
export type Sums = Schemas['FundSums']
export type Account = Schemas['FundAccount']
export type Flow = Schemas['FundFlow']
export type Purpose = ItemOf<'/api/measure/purposes'>

export const kinds = ['line', 'gift', 'contract', 'payment'] as const
export type Kind = (typeof kinds)[number]
export const sources = ['central', 'city', 'district', 'company', 'charity', 'other'] as const
export type Source = (typeof sources)[number]
export const states = ['draft', 'confirmed', 'void'] as const

/** What a fund is called, in the reader's language where it has a name in it. */
export const fundName = (f: Pick<Fund, 'name' | 'nameEn'>): string => (lang.value === 'en' && f.nameEn) || f.name

/** Whether it is where money comes from, and stands under nothing. */
export const isRoot = (kind: Kind): boolean => kind === 'line' || kind === 'gift'
/** What may be entered under a kind of fund. */
export const under: Record<Kind, Kind[]> = { line: ['contract', 'payment'], gift: ['contract', 'payment'], contract: ['payment'], payment: [] }

/** Whether a number is an amount: of at least a fen, and of whole ones. */
export const isAmount = (v: number): boolean => v >= 0.01 && v <= 1e11 && Math.abs(v * 100 - Math.round(v * 100)) <= 1e-4

/** An amount as it is written: exact, with its fen where it has some. */
export const yuan = (v: number): string => `${number(v, Number.isInteger(v) ? 0 : 2)}\u00a0${t('money.yuan')}`

/** An amount as people repeat it, to three figures or so: 1.23 亿元, 45.6 万元, 3.21 million yuan. */
export function rounded(v: number): string {
  const [size, word] = (lang.value === 'zh' ? [[1e8, 'money.yi'], [1e4, 'money.wan']] as const : [[1e6, 'money.million']] as const).find(([s]) => Math.abs(v) >= s) ?? [1, 'money.yuan']
  const scaled = v / size
  return `${number(scaled, size === 1 || Math.abs(scaled) >= 100 ? 0 : Math.abs(scaled) >= 10 ? 1 : 2)}\u00a0${t(word)}`
}

const keys = ['q', 'kind', 'year', 'purpose', 'region', 'source', 'state', 'from', 'to', 'below'] as const
/** Only what filters the list. */
export const narrowing = (query: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(query).filter(([key]) => (keys as readonly string[]).includes(key)))

const one = <T extends string>(all: readonly T[], v: string | undefined): T | undefined => all.find((x) => x === v)
const day = (v: string | undefined): string | undefined => (v && /^\d{4}-\d\d-\d\d$/.test(v) ? v : undefined)
/** The filters as the API's query; a mistyped word chooses nothing. */
export const fundQuery = (f: Record<string, string>) => ({
  q: f.q, kind: one(kinds, f.kind), year: /^2[01]\d\d$/.test(f.year ?? '') ? Number(f.year) : undefined, purpose: f.purpose, under: f.below, region: f.region, source: one(sources, f.source), state: one(states, f.state), from: day(f.from), to: day(f.to),
})

/** The year that an address names; without one the present one of the city. */
export const yearOf = (query: Record<string, string>): number => (/^2[01]\d\d$/.test(query.year ?? '') ? Number(query.year) : Number(textOf(periodNow('year'))))

/** The list of what lies behind a sum. */
export const toFunds = (filters: Record<string, string | number | undefined>) =>
  ({ name: 'funds', query: Object.fromEntries(Object.entries(filters).filter(([, v]) => v !== undefined && v !== '').map(([k, v]) => [k, String(v)])) })

/** Reads anew what is shown of money when the stream tells that some was entered or confirmed. */
export const keepMoney = whileUsed((client) => {
  const again = bundled(() => {
    void client.invalidateQueries({ queryKey: ['money'] })
    void client.invalidateQueries({ queryKey: ['list', 'funds'] })
  })
  const stops = [onLive('measure', again), onGap(again)]
  return () => { stops.forEach((stop) => stop()); again.stop() }
})

/** What money is for; the list is small and comes whole. */
export function usePurposes() {
  const query = useQuery({ queryKey: ['money', 'purposes'], staleTime: 30_000, queryFn: () => answer(api.GET('/api/measure/purposes')) })
  const purposes = computed<Purpose[]>(() => query.data.value?.items ?? [])
  const byCode = computed(() => new Map(purposes.value.map((p) => [p.code, p])))
  return { query, purposes, purposeName: (code: string): string => { const p = byCode.value.get(code); return p ? nameOf(p) : code } }
}

/** What the money of a year came to. */
export function useReckoning(year: Ref<number>) {
  keepMoney()
  const query = useQuery({ queryKey: ['money', 'reckoning', year], queryFn: ({ signal }) => answer(api.GET('/api/measure/fund-reckoning', { params: { query: { year: year.value } }, signal })) })
  return { query, reckoning: computed(() => query.data.value) }
}

/** One fund with what stands above and under it. */
export function useFund(id: ComputedRef<string | undefined>) {
  keepMoney()
  return useQuery({ queryKey: ['money', 'fund', id], enabled: () => !!id.value, queryFn: () => answer(api.GET('/api/measure/funds/{id}', { params: { path: { id: id.value! } } })) })
}

/** Part of a whole, in words; nothing of nothing has none. */
export const partOf = (part: number, whole: number): string => (whole > 0 ? `${number((part / whole) * 100, part / whole < 0.1 && part > 0 ? 1 : 0)}%` : '—')
