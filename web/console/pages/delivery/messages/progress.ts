// A message as it spreads: every terminal's claimed state, kept up by what the server tells.
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, onScopeDispose, type ComputedRef, type Ref } from 'vue'
import { answer, api, type Schemas } from '@/shared/api/client.ts'
import { onGap, onLive } from '@/shared/live.ts'
import type { Severity } from '@/shared/severity.ts'
import type { MapPoint } from '../../../map/data.ts'
import { useTerminals } from '../../../terminals.ts'
import { merge, type Standing } from './standing.ts'
import { markOfState } from './words.ts'

export type { Figures } from './standing.ts'


/** The standing of an issued message. */
export function useProgress(id: Ref<string>, severity: Ref<string>, issued: Ref<boolean>): {
  standing: ComputedRef<Standing | undefined>
  points: ComputedRef<MapPoint[]>
  error: ComputedRef<unknown>
} {
  const client = useQueryClient()
  const key = computed(() => ['message', id.value, 'progress'])
  const query = useQuery({
    queryKey: key, enabled: issued, refetchInterval: 15_000,
    queryFn: async (): Promise<Standing> => {
      const s = await answer(api.GET('/api/alerts/{id}/progress', { params: { path: { id: id.value } } }))
      const states = new Map(Object.entries(s.states).flatMap(([state, codes]) => (codes ?? []).map((code) => [code, state] as const)))
      return { figures: s.figures, states }
    },
  })
  const stops = [
    onLive<Schemas['DeliveryProgress']>('alert.progress', (news) => {
      if (news.id === id.value) client.setQueryData<Standing>(key.value, (old) => old && merge(old, news as never))
    }),
    onGap(() => void client.invalidateQueries({ queryKey: key.value })),
  ]
  onScopeDispose(() => stops.forEach((stop) => stop()))

  const { terminals } = useTerminals()
  const points = computed<MapPoint[]>(() => {
    const states = query.data.value?.states
    if (!states?.size) return []
    return terminals.value.flatMap((term) => {
      const state = states.get(term.id)
      return state ? [{ id: term.id, at: term.at, mark: markOfState(state, term.presence), severity: severity.value as Severity }] : []
    })
  })
  return { standing: computed(() => query.data.value), points, error: computed(() => query.error.value) }
}
