// Messages with what came of them: figures, and the curve of their receipts.
import { useQueries } from '@tanstack/vue-query'
import { computed, type ComputedRef, type Ref } from 'vue'
import { answer, api, type Schemas } from '@/shared/api/client.ts'
import type { Summary } from '../../onair.ts'
import { timeTo, type Figures } from './figures.ts'

export interface Result {
  message: Summary
  /** Absent while unknown; targets 0 when it went to no terminal. */
  figures?: Figures
  curve?: Schemas['DeliveryCurve']
  half?: number // seconds until half of the targets had answered
  most?: number // … until 95 % had
  asOf?: string // when these figures held
}

const running = (m: Summary) => m.state !== 'ended'

/** The results of messages, in their order. What is on the air is asked for again by itself. */
export function useResults(messages: Ref<Summary[]>): ComputedRef<Result[]> {
  const details = useQueries({
    queries: computed(() => messages.value.map((m) => ({
      queryKey: ['message', m.id], enabled: !m.figures, staleTime: 5_000, refetchInterval: running(m) ? 15_000 : (false as const),
      queryFn: () => answer(api.GET('/api/alerts/{id}', { params: { path: { id: m.id } } })),
    }))),
  })
  const curves = useQueries({
    queries: computed(() => messages.value.map((m) => ({
      queryKey: ['message', m.id, 'curve'], staleTime: m.figures ? Infinity : 5_000, refetchInterval: running(m) ? 15_000 : (false as const),
      queryFn: () => answer(api.GET('/api/alerts/{id}/curve', { params: { path: { id: m.id } } })),
    }))),
  })
  return computed(() => messages.value.map((message, i) => {
    const curve = curves.value[i]?.data
    const asked = details.value[i]
    return {
      message, curve, figures: message.figures ?? asked?.data?.figures,
      asOf: message.figures ? message.endedAt : asked?.dataUpdatedAt ? new Date(asked.dataUpdatedAt).toISOString() : undefined,
      half: curve && timeTo(0.5, [curve]), most: curve && timeTo(0.95, [curve]),
    }
  }))
}
