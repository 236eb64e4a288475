// The messages on the air now: the top bar, the map and the home page show the same ones.
import { useQueries, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, onScopeDispose, type ComputedRef, type Ref } from 'vue'
import { answer, api, type ItemOf, type Schemas } from '@/shared/api/client.ts'
import { lang } from '@/shared/i18n.ts'
import { onGap, onLive } from '@/shared/live.ts'
import { figuresAfter } from './pages/delivery/messages/standing.ts'
import { may } from './session.ts'
import { bundled, whileUsed } from './whileused.ts'

export type Summary = ItemOf<'/api/alerts'>

/** The message's title in the reader's language, where it has one. */
export const titleOf = (m: Pick<Summary, 'title' | 'titleEn'>): string => (lang.value === 'en' && m.titleEn) || m.title

/** Keeps fresh what is on the air, and what any page shows of a message. */
export const keepMessages = whileUsed((client) => {
  const air = bundled(() => void client.invalidateQueries({ queryKey: ['on-air'] }))
  const stops = [
    onLive<{ id: string }>('alert.changed', ({ id }) => {
      air()
      void client.invalidateQueries({ queryKey: ['message', id], exact: true })
    }),
    onGap(() => {
      air()
      void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] === 'message' && queryKey.length === 2 })
    }),
  ]
  return () => { stops.forEach((stop) => stop()); air.stop() }
})

/** Messages that are issued or in progress, the gravest and newest first, as far as they are listed;
    kept fresh. */
export function useOnAir(): {
  messages: ComputedRef<Summary[]>
  total: ComputedRef<number>
  none: ComputedRef<boolean>
  error: ComputedRef<unknown>
  /** Those of some that are listed, and how many are not. */
  those(ids: string[] | null | undefined): { list: Summary[]; rest: number }
} {
  keepMessages()
  const query = useQuery({
    queryKey: ['on-air'],
    queryFn: () => answer(api.GET('/api/alerts', { params: { query: { state: ['issued', 'in_progress'], order: 'gravity', limit: 100 } } })),
    enabled: () => may('alert.read'),
    refetchInterval: 60_000,
  })
  const messages = computed(() => query.data.value?.items ?? [])
  const total = computed(() => query.data.value?.total ?? 0)
  const byId = computed(() => new Map(messages.value.map((m) => [m.id, m])))
  const those = (ids: string[] | null | undefined) => {
    const list = (ids ?? []).flatMap((id) => byId.value.get(id) ?? [])
    return { list, rest: (ids ?? []).length - list.length }
  }
  // That there are none is said once it is known: an answer that failed or is awaited is not silence.
  return { messages, total, those, none: computed(() => !!query.data.value && !messages.value.length), error: computed(() => query.error.value) }
}

/** What came of messages so far. The list tells it of ended ones; those on the air are asked one
    by one, and kept up by what the server tells. */
export function useFigures(messages: Ref<Summary[]>): ComputedRef<(m: Summary) => Schemas['AlertMessageView']['figures']> {
  const asked = computed(() => messages.value.filter((m) => !m.figures && ['issued', 'in_progress'].includes(m.state)))
  const client = useQueryClient()
  onScopeDispose(onLive<Schemas['DeliveryProgress']>('alert.progress', (news) => {
    if (!asked.value.some((m) => m.id === news.id)) return
    client.setQueryData<Schemas['AlertMessageView']>(['message', news.id], (old) => old && { ...old, figures: figuresAfter(old.figures, news.figures) })
  }))
  const details = useQueries({
    queries: computed(() => asked.value.map((m) => ({
      queryKey: ['message', m.id], staleTime: 5_000, refetchInterval: 15_000,
      queryFn: () => answer(api.GET('/api/alerts/{id}', { params: { path: { id: m.id } } })),
    }))),
  })
  return computed(() => {
    const known = new Map(asked.value.map((m, i) => [m.id, details.value[i]?.data?.figures]))
    return (m: Summary) => m.figures ?? known.get(m.id)
  })
}
