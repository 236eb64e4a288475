// The duty desk on every page: what waits for a person, and the sound until somebody takes it.
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, onScopeDispose, type ComputedRef } from 'vue'
import { answer, api, type Schemas } from '@/shared/api/client.ts'
import { onGap, onLive } from '@/shared/live.ts'
import { may } from './session.ts'

/** What waits and what is on the air where; kept fresh by what the server tells. */
export function useDesk(): { desk: ComputedRef<Schemas['DutyDeskView'] | undefined>; error: ComputedRef<unknown>; pending: ComputedRef<boolean>; again: () => void } {
  const client = useQueryClient()
  const query = useQuery({ queryKey: ['duty', 'desk'], enabled: () => may('alert.duty'), refetchInterval: 15_000, queryFn: () => answer(api.GET('/api/duty/desk')) })
  const again = () => void client.invalidateQueries({ queryKey: ['duty'] })
  const stops = [onLive('alert.arrived', again), onLive('alert.changed', again), onLive('duty.changed', again), onLive('alert.output', again), onGap(again)]
  onScopeDispose(() => stops.forEach((stop) => stop()))
  return { desk: computed(() => query.data.value), error: computed(() => query.error.value), pending: computed(() => query.isPending.value), again }
}
