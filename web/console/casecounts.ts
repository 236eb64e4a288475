// How many cases wait for the signed-in person, and what of what they were told is new.
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, onScopeDispose, type ComputedRef } from 'vue'
import { answer, api, type Schemas } from '@/shared/api/client.ts'
import { onGap, onLive } from '@/shared/live.ts'
import { may } from './session.ts'

/** Asks for the counts, and again when cases change. */
export function useCaseCounts(): ComputedRef<Schemas['DocketCounts'] | undefined> {
  const client = useQueryClient()
  const query = useQuery({ queryKey: ['case-counts'], enabled: () => may('casework.work'), queryFn: () => answer(api.GET('/api/casework/counts')), refetchInterval: 60_000 })
  let waiting: ReturnType<typeof setTimeout> | undefined
  const again = (): void => void (waiting ??= setTimeout(() => { waiting = undefined; void client.invalidateQueries({ queryKey: ['case-counts'] }) }, 1500))
  const stops = [onLive('casework.changed', again), onGap(again)]
  onScopeDispose(() => { stops.forEach((stop) => stop()); clearTimeout(waiting) })
  return computed(() => (may('casework.work') ? query.data.value : undefined))
}
