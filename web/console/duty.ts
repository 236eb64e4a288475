// The duty desk on every page: what waits for a person, and the sound until somebody takes it.
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type ComputedRef } from 'vue'
import { answer, api, type Schemas } from '@/shared/api/client.ts'
import { onGap, onLive } from '@/shared/live.ts'
import { may } from './session.ts'
import { bundled, whileUsed } from './whileused.ts'

const keepFresh = whileUsed((client) => {
  const again = bundled(() => void client.invalidateQueries({ queryKey: ['duty'] }))
  const stops = [onLive('alert.arrived', again), onLive('alert.changed', again), onLive('duty.changed', again), onLive('alert.output', again), onGap(again)]
  return () => { stops.forEach((stop) => stop()); again.stop() }
})

/** What waits and what is on the air where; kept fresh by what the server tells, and asked for while
    nobody looks at the page, too: it is then that it must call. */
export function useDesk(): { desk: ComputedRef<Schemas['DutyDeskView'] | undefined>; error: ComputedRef<unknown>; pending: ComputedRef<boolean>; again: () => void } {
  keepFresh()
  const client = useQueryClient()
  const query = useQuery({
    queryKey: ['duty', 'desk'], enabled: () => may('alert.duty'), refetchInterval: 15_000, refetchIntervalInBackground: true, queryFn: () => answer(api.GET('/api/duty/desk')),
  })
  const again = () => void client.invalidateQueries({ queryKey: ['duty'] })
  return { desk: computed(() => query.data.value), error: computed(() => query.error.value), pending: computed(() => query.isPending.value), again }
}
