// A message as it spreads: every terminal's claimed state, kept up by what the server tells.
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, onScopeDispose, type ComputedRef, type Ref } from 'vue'
import { answer, api, type Schemas } from '@/shared/api/client.ts'
import { onGap, onLive } from '@/shared/live.ts'
import type { Severity } from '@/shared/severity.ts'
import type { MapPoint } from '../../../map/data.ts'
import { useTerminals } from '../../../terminals.ts'
import { merge, type Standing } from './standing.ts'
import { markOf } from './words.ts'

export type { Figures } from './standing.ts'

/** Codes of the terminals whose microphone heard the message, page by page. */
async function readHeard(id: string): Promise<Set<string>> {
  const codes = new Set<string>()
  for (let after: string | undefined, page = 0; page < 40; page++) {
    const found = await answer(api.GET('/api/alerts/{id}/deliveries', { params: { path: { id }, query: { heard: 'yes', limit: 500, after } } }))
    for (const d of found.items ?? []) codes.add(d.device)
    after = found.next
    if (!after) break
  }
  return codes
}

/** The standing of an issued message; live is whether it still changes. */
export function useProgress(id: Ref<string>, severity: Ref<string>, live: Ref<boolean>): {
  standing: ComputedRef<Standing | undefined>
  points: ComputedRef<MapPoint[]>
  error: ComputedRef<unknown>
} {
  const client = useQueryClient()
  const key = computed(() => ['message', id.value, 'progress'])
  const every = (seconds: number) => () => (live.value ? seconds * 1000 : false as const)
  const query = useQuery({
    queryKey: key, refetchInterval: every(15),
    queryFn: async (): Promise<Standing> => {
      const s = await answer(api.GET('/api/alerts/{id}/progress', { params: { path: { id: id.value } } }))
      const states = new Map(Object.entries(s.states).flatMap(([state, codes]) => (codes ?? []).map((code) => [code, state] as const)))
      return { figures: s.figures, states }
    },
  })
  const heard = useQuery({
    queryKey: ['message', id, 'heard'], enabled: () => (query.data.value?.figures?.heard ?? 0) > 0, refetchInterval: every(15),
    queryFn: () => readHeard(id.value),
  })
  const troubled = useQuery({
    queryKey: ['message', id, 'troubled'], refetchInterval: every(10),
    queryFn: () => answer(api.GET('/api/alerts/{id}/troubled', { params: { path: { id: id.value } } })),
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
    const problems = new Map((troubled.data.value?.items ?? []).map((x) => [x.device, x.problem]))
    const ears = heard.data.value
    return terminals.value.flatMap((term) => {
      const state = states.get(term.id)
      if (!state) return []
      const mark = markOf(state, term.presence, problems.get(term.id), ears?.has(term.id) ?? false)
      return [{ id: term.id, at: term.at, mark, severity: severity.value as Severity }]
    })
  })
  return { standing: computed(() => query.data.value), points, error: computed(() => query.error.value) }
}
