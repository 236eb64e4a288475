// All terminals as points, for every map; kept fresh by what the server tells.
import { useQuery } from '@tanstack/vue-query'
import { computed, type ComputedRef } from 'vue'
import { background, send } from '@/shared/api/client.ts'
import { onGap, onLive } from '@/shared/live.ts'
import type { MapPoint } from './map/data.ts'
import type { Mark } from './map/marks.ts'
import { may } from './session.ts'
import { whileUsed } from './whileused.ts'

/** The compact rows of GET /api/assets/points, which the server writes by hand for speed. */
export interface Points {
  kinds: string[]
  states: string[]
  presences: string[]
  rows: [code: string, lon: number, lat: number, kind: number, state: number, presence: number, faulty: 0 | 1][]
}

/** The data of the live event asset.condition. */
interface News {
  rows: [code: string, presence: string, faults: number][]
}

interface Terminal extends MapPoint {
  kind: string
  state: string
  presence: string
}

/** What a terminal's presence looks like. */
const markOf = (presence: string, faulty: boolean): Mark =>
  presence === 'never' ? 'never' : presence === 'offline' ? 'offline' : faulty ? 'fault' : 'online'

/** The terminals in the compact rows. */
export function readPoints(points: Points): Terminal[] {
  return points.rows.map(([code, lon, lat, kind, state, presence, faulty]) => {
    const is = points.presences[presence] ?? 'never'
    return {
      id: code, at: [lon, lat], kind: points.kinds[kind] ?? '', state: points.states[state] ?? '',
      presence: is, mark: markOf(is, faulty === 1),
    }
  })
}

const key = ['terminals', 'points']

const keepFresh = whileUsed((client) => {
  const stops = [
    onGap(() => void client.invalidateQueries({ queryKey: key })),
    onLive<News>('asset.condition', (news) => {
      const changed = new Map(news.rows.map(([code, presence, faults]) =>
        [code, { presence, mark: markOf(presence, faults > 0) }]))
      client.setQueryData<Terminal[]>(key, (old) => old?.map((t) => {
        const now = changed.get(t.id)
        return now ? { ...t, ...now } : t
      }))
    }),
  ]
  return () => stops.forEach((stop) => stop())
})

/** Every terminal that the person may see and that has a place on the map. */
export function useTerminals(): {
  terminals: ComputedRef<Terminal[]>
  error: ComputedRef<unknown>
} {
  keepFresh()
  const query = useQuery({
    queryKey: key, enabled: () => may('asset.read'), staleTime: 60_000, refetchInterval: 120_000,
    queryFn: async () => readPoints(await send<Points>('/api/assets/points', { headers: background() })),
  })
  return { terminals: computed(() => query.data.value ?? []), error: computed(() => query.error.value) }
}
