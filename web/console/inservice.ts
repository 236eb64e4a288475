// How many devices in service are online: the one count that the head, the home page and the
// availability page all show, asked for once. A map counts apart, only what has a place on it.
import { useQuery } from '@tanstack/vue-query'
import { computed, type ComputedRef } from 'vue'
import { answer, api, type Schemas } from '@/shared/api/client.ts'
import { onGap, onLive } from '@/shared/live.ts'
import { may } from './session.ts'
import { whileUsed } from './whileused.ts'

type Totals = Schemas['AssetTotals']

/** The states of a device that should be on the air: in service, or enrolled and about to be. */
const states = ['enrolled', 'active'] as ('enrolled' | 'active')[]

/** The same as a filter of the device list. */
export const inServiceFilter = states.join(',')

export const everyMinute = { refetchInterval: 60_000, staleTime: 30_000 }

/** The totals of what is in service in a region, or everywhere. */
export const inService = async (region?: string): Promise<Totals> =>
  (await answer(api.GET('/api/assets', { params: { query: { region, state: states, limit: 1 } } }))).totals

export const inServiceKey = ['in-service']

// News of conditions comes in bursts: the count is asked for anew at most every five seconds.
const keepFresh = whileUsed((client) => {
  let [waiting, after]: (ReturnType<typeof setTimeout> | undefined)[] = []
  const read = (): void => void client.invalidateQueries({ queryKey: inServiceKey, exact: true })
  const again = (): void => void (waiting ??= setTimeout(() => {
    waiting = undefined
    read()
    clearTimeout(after)
    after = setTimeout(read, 16_000) // a large register's count may have been up to 15 s old
  }, 5_000))
  const stops = [onLive('asset.condition', again), onGap(again)]
  again() // the first count, too, may be an old one, with all its news told before
  return () => { stops.forEach((stop) => stop()); clearTimeout(waiting); clearTimeout(after) }
})

/** The totals of all that the person may see. */
export function useInService(): ComputedRef<Totals | undefined> {
  keepFresh()
  const query = useQuery({ queryKey: inServiceKey, enabled: () => may('asset.read'), ...everyMinute, queryFn: () => inService() })
  return computed(() => query.data.value)
}
