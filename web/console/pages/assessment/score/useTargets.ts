// The targets that bind a unit, with how each stands: every indicator that has one, asked for at once,
// by its own periods. Only those that are over are compared.
import { useQuery } from '@tanstack/vue-query'
import { computed, type ComputedRef } from 'vue'
import { answer, api } from '@/shared/api/client.ts'
import { useBook, type Indicator } from '../measure/book.ts'
import { targetOf, useZones, type Target } from '../measure/holds.ts'
import { kinds, next, parse, textOf } from '../measure/period.ts'
import { ownPeriods, pointsOf, standing, type Standing } from './targets.ts'

export interface TargetRow { d: Indicator; target: Target; value: number | null; at?: string; stands: Standing }

const back = 24 // periods

export function useTargets(of: ComputedRef<{ unit: string; path: string; period: string; asOf?: string; only?: string[] }>): { rows: ComputedRef<TargetRow[]>; waiting: ComputedRef<boolean>; error: ComputedRef<unknown> } {
  const { indicators, ready, error: bookError } = useBook()
  const { zones, error: zonesError } = useZones()
  const card = computed(() => parse(of.value.period))
  const moment = computed(() => (of.value.asOf ? new Date(of.value.asOf) : new Date()))
  const bound = computed(() => (card.value && of.value.path ? indicators.value : []).flatMap((d) => {
    if (of.value.only && !of.value.only.includes(d.code)) return []
    const { last, now } = ownPeriods(card.value!, d.period, moment.value)
    const target = targetOf(d, of.value.path, zones.value, last)
    return target ? [{ d, now, target }] : []
  }))
  const asked = computed(() => kinds.flatMap((kind) => {
    const those = bound.value.filter((b) => b.d.period === kind)
    if (!those.length) return []
    const now = those[0]!.now
    return [{ kind, codes: those.map((b) => b.d.code).sort(), from: textOf(next(now, -back)), to: textOf(next(now, -1)) }]
  }))
  const unit = computed(() => of.value.unit)
  const query = useQuery({
    queryKey: ['measure', 'values', 'targets', asked, unit, () => of.value.asOf], enabled: () => asked.value.length > 0 && !!unit.value,
    queryFn: ({ signal }) => Promise.all(asked.value.map(async (a) => ({ ...a, table: await answer(api.GET('/api/measure/values', { signal, params: { query: { indicator: a.codes, unit: [unit.value], from: a.from, to: a.to, asOf: of.value.asOf } } })) }))),
  })
  const rows = computed(() => bound.value.flatMap(({ d, now, target }): TargetRow[] => {
    const table = query.data.value?.find((x) => x.kind === d.period)?.table
    const series = table?.indicators?.find((s) => s.code === d.code)
    if (!table || !series) return []
    const points = pointsOf(table.periods, series.values?.[0])
    const last = points.filter((p) => p.value !== null).at(-1)
    return [{ d, target, value: last?.value ?? null, at: last && textOf(last.at), stands: standing(points, target, d.direction, now) }]
  }))
  return { rows, waiting: computed(() => !ready.value || (asked.value.length > 0 && query.isPending.value)), error: computed(() => bookError.value ?? query.error.value ?? zonesError.value) }
}
