// The messages on the air now: the top bar, the map and the home page show the same ones.
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, onScopeDispose, type ComputedRef } from 'vue'
import { answer, api, type ItemOf } from '@/shared/api/client.ts'
import { onGap, onLive } from '@/shared/live.ts'
import { rank } from '@/shared/severity.ts'
import { may } from './session.ts'

export type Summary = ItemOf<'/api/alerts'>

/** Messages that are issued or in progress, the gravest and newest first; kept fresh. */
export function useOnAir(): { messages: ComputedRef<Summary[]>; error: ComputedRef<unknown> } {
  const client = useQueryClient()
  const query = useQuery({
    queryKey: ['on-air'],
    queryFn: () => answer(api.GET('/api/alerts', { params: { query: { state: ['issued', 'in_progress'], limit: 100 } } })),
    enabled: () => may('alert.read'),
    refetchInterval: 60_000,
  })
  const again = () => void client.invalidateQueries({ queryKey: ['on-air'] })
  const stops = [onLive('alert.changed', again), onGap(again)]
  onScopeDispose(() => stops.forEach((stop) => stop()))
  const messages = computed(() =>
    [...(query.data.value?.items ?? [])].sort((a, b) => Number(a.drill) - Number(b.drill) || rank(a.severity) - rank(b.severity)))
  return { messages, error: computed(() => query.error.value) }
}
