// Drafts that came back from those who were to countersign them: the list, the home page and
// the message itself say so. Why it came back is told by the message, not by the list, so the
// drafts among the listed are asked one by one.
import { useQueries, useQuery } from '@tanstack/vue-query'
import { computed, type ComputedRef, type Ref } from 'vue'
import { answer, api, type Schemas } from '@/shared/api/client.ts'
import { keepMessages, useOnAir, type Summary } from './onair.ts'
import { mayBeBack, sentBack, sentBackTo, type Rejection } from './pages/delivery/messages/back.ts'
import { may, user } from './session.ts'

function useDetails(messages: Ref<Summary[]>): ComputedRef<Schemas['AlertMessageView'][]> {
  keepMessages()
  const asked = computed(() => messages.value.filter(mayBeBack))
  const details = useQueries({
    queries: computed(() => asked.value.map((m) => ({
      queryKey: ['message', m.id], staleTime: 30_000, queryFn: () => answer(api.GET('/api/alerts/{id}', { params: { path: { id: m.id } } })),
    }))),
  })
  return computed(() => details.value.flatMap((q) => q.data ?? []))
}

/** Who sent listed messages back, and why, as far as is known by now. */
export function useSentBack(messages: Ref<Summary[]>): ComputedRef<(m: Summary) => Rejection | undefined> {
  const details = useDetails(messages)
  return computed(() => (m: Summary) => (mayBeBack(m) ? sentBack(details.value.find((d) => d.id === m.id)) : undefined))
}

/** The messages that were sent back to the person who is signed in. */
export function useSentBackToMe(): ComputedRef<{ message: Summary; why: Rejection }[]> {
  const { messages: onAir } = useOnAir()
  const drafts = useQuery({
    queryKey: ['on-air', 'drafts'], enabled: () => may('alert.draft'), refetchInterval: 60_000,
    queryFn: () => answer(api.GET('/api/alerts', { params: { query: { state: ['draft'], limit: 50 } } })),
  })
  const written = computed(() => (may('alert.draft') ? [...(drafts.data.value?.items ?? []), ...onAir.value].filter(mayBeBack) : []))
  const details = useDetails(written)
  return computed(() => written.value.flatMap((message) => {
    const detail = details.value.find((d) => d.id === message.id)
    return detail && sentBackTo(detail, user.value?.id ?? '') ? [{ message, why: sentBack(detail)! }] : []
  }))
}
