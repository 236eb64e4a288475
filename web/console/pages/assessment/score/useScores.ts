// Indices and their scores as pages read them: which index, which period and as of when stand in
// the address, so that a link shows the same.
import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { computed, onScopeDispose, type ComputedRef } from 'vue'
import { useRoute } from 'vue-router'
import { answer, api } from '@/shared/api/client.ts'
import { momentOf } from '@/shared/clock.ts'
import { onGap, onLive } from '@/shared/live.ts'
import { bundled, whileUsed } from '../../../whileused.ts'
import { may } from '../../../session.ts'
import { filtersOf } from '../../../list/columns.ts'
import { inKind, parse, textOf, type Kind } from '../measure/period.ts'
import { lastWhole, type Index, type Opened, type Scores } from './score.ts'

/** Reads scores anew when facts change. */
export const keepScores = whileUsed((client) => {
  const again = bundled(() => void client.invalidateQueries({ queryKey: ['score'] }), 3000)
  const stops = [onLive('measure', again), onGap(again)]
  return () => { stops.forEach((stop) => stop()); again.stop() }
})

/** All indices; they are few. */
export function useIndices() {
  const query = useQuery({ queryKey: ['score', 'indices'], enabled: may('measure.read'), staleTime: 30_000, queryFn: () => answer(api.GET('/api/measure/indices')) })
  return { indices: computed<Index[]>(() => query.data.value?.items ?? []), query }
}

/** Which index the address names; without one that by which districts are judged, else one of districts, else the first. */
export function useChosen() {
  const route = useRoute()
  keepScores()
  const { indices, query } = useIndices()
  const filters = computed(() => filtersOf(route.query))
  const index = computed(() => {
    const code = typeof route.params.code === 'string' && route.params.code ? route.params.code : filters.value.index
    return code ? indices.value.find((x) => x.code === code) : (indices.value.find((x) => x.judges && x.level === 'district') ?? indices.value.find((x) => x.level === 'district') ?? indices.value[0])
  })
  const period = computed(() => {
    if (!index.value) return ''
    const asked = parse(filters.value.period)
    const kind = index.value.period as Kind
    return asked ? textOf(inKind(asked, kind)) : lastWhole(kind)
  })
  const asOf = computed(() => (filters.value.asOf && !Number.isNaN(Date.parse(filters.value.asOf)) ? momentOf(filters.value.asOf).toISOString() : undefined))
  return { route, filters, indices, ready: computed(() => !query.isPending.value), error: computed(() => query.error.value), again: () => void query.refetch(), index, period, asOf }
}

type At = { index: ComputedRef<Index | undefined>; period: ComputedRef<string>; asOf: ComputedRef<string | undefined> }

/** The scores of every unit; those of before stay until others are there. */
export function useScores({ index, period, asOf }: At) {
  const asked = computed(() => ({ code: index.value?.code ?? '', period: period.value, asOf: asOf.value }))
  const query = useQuery({
    queryKey: ['score', 'scores', asked], enabled: () => !!asked.value.code, placeholderData: keepPreviousData,
    queryFn: ({ signal }) => answer(api.GET('/api/measure/indices/{code}/scores', { signal, params: { path: { code: asked.value.code }, query: { period: asked.value.period, asOf: asked.value.asOf } } })),
  })
  return { scores: computed<Scores | undefined>(() => (query.data.value?.index.code === asked.value.code ? query.data.value : undefined)), query }
}

/** One unit's score, opened. */
export function useOpened({ index, period, asOf }: At, unit: ComputedRef<string>) {
  const asked = computed(() => ({ code: index.value?.code ?? '', unit: unit.value, period: period.value, asOf: asOf.value }))
  const query = useQuery({
    queryKey: ['score', 'opened', asked], enabled: () => !!asked.value.code && !!asked.value.unit, placeholderData: keepPreviousData,
    queryFn: ({ signal }) => answer(api.GET('/api/measure/indices/{code}/scores/{unit}', { signal, params: { path: { code: asked.value.code, unit: asked.value.unit }, query: { period: asked.value.period, asOf: asked.value.asOf } } })),
  })
  return { opened: computed<Opened | undefined>(() => (query.data.value?.code === asked.value.unit ? query.data.value : undefined)), query }
}

/** Does something again whenever the stream tells of a change of measures. */
export function onMeasure(again: () => void): void {
  for (const stop of [onLive('measure', again), onGap(again)]) onScopeDispose(stop)
}
