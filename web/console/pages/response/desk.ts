// Reads what needs hands from the operations of each message, and keeps it fresh.
import { useQueries, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, onScopeDispose, ref, type ComputedRef, type Ref } from 'vue'
import { answer, api } from '@/shared/api/client.ts'
import { onLive } from '@/shared/live.ts'
import { useOnAir, type Summary } from '../../onair.ts'
import { may } from '../../session.ts'
import { needsOf, sickOf, type Entry, type Handoff, type Need, type Sick } from './gather.ts'

/** How many messages back hand-offs are looked for. */
export const lookBack = 30

/** Hand-offs of the messages on the air and of those that ended last. */
export function useHandoffs(): { rows: ComputedRef<{ handoff: Handoff; message: Summary }[]>; error: ComputedRef<unknown>; pending: ComputedRef<boolean> } {
  const messages = useQuery({
    queryKey: ['response', 'messages'], enabled: () => may('alert.read'), refetchInterval: 60_000,
    queryFn: async () => (await answer(api.GET('/api/alerts', { params: { query: { state: ['issued', 'in_progress', 'ended'], limit: lookBack } } }))).items ?? [],
  })
  const known = computed(() => messages.data.value ?? [])
  const found = useQueries({
    queries: computed(() => known.value.map((m) => ({
      queryKey: ['message', m.id, 'handoffs'], staleTime: 30_000, refetchInterval: 60_000,
      queryFn: () => answer(api.GET('/api/alerts/{id}/handoffs', { params: { path: { id: m.id } } })),
    }))),
  })
  const rows = computed(() => known.value.flatMap((message, i) => (found.value[i]?.data?.items ?? []).map((handoff) => ({ handoff, message })))
    .sort((a, b) => Number(a.handoff.state === 'closed') - Number(b.handoff.state === 'closed') || Date.parse(b.handoff.createdAt) - Date.parse(a.handoff.createdAt)))
  return { rows, error: computed(() => messages.error.value ?? found.value.find((q) => q.error)?.error), pending: computed(() => messages.isPending.value || found.value.some((q) => q.isPending)) }
}

/** Terminals in trouble with a message on the air, by township. */
export function useNeeds(handoffs: ComputedRef<{ handoff: Handoff }[]>, region: Ref<string | undefined>): {
  needs: ComputedRef<Need[]>
  none: ComputedRef<boolean>
  error: ComputedRef<unknown>
} {
  const client = useQueryClient()
  const { messages, none, error: airError } = useOnAir()
  const troubled = useQueries({
    queries: computed(() => messages.value.map((m) => ({
      queryKey: ['message', m.id, 'troubled'], refetchInterval: 10_000,
      queryFn: () => answer(api.GET('/api/alerts/{id}/troubled', { params: { path: { id: m.id } } })),
    }))),
  })

  // Receipts come in floods; what is in trouble is asked for anew at most every three seconds.
  const news = new Set<string>()
  let waiting: ReturnType<typeof setTimeout> | undefined
  const stop = onLive<{ id: string }>('alert.progress', ({ id }) => {
    news.add(id)
    waiting ??= setTimeout(() => {
      waiting = undefined
      for (const one of news) void client.invalidateQueries({ queryKey: ['message', one, 'troubled'] })
      news.clear()
    }, 3000)
  })
  onScopeDispose(() => { stop(); clearTimeout(waiting) })

  const needs = computed(() => needsOf(messages.value, troubled.value.map((q) => q.data?.items ?? undefined), handoffs.value.map((r) => r.handoff), region.value))
  return { needs, none, error: computed(() => airError.value ?? troubled.value.find((q) => q.error)?.error) }
}

/** Devices that are offline, never connected or faulty, by township; read page by page, with how many came so far. */
export function useSick(region: Ref<string | undefined>): { sick: ComputedRef<Sick[] | undefined>; done: Ref<number>; total: Ref<number>; error: ComputedRef<unknown> } {
  const done = ref(0)
  const total = ref(0)
  const query = useQuery({
    queryKey: ['response', 'sick', region], enabled: () => may('asset.read'), refetchInterval: 60_000,
    queryFn: async ({ signal }) => {
      const found = new Map<string, Entry>()
      done.value = total.value = 0
      for (const wanted of [{ presence: ['offline' as const] }, { presence: ['never' as const] }, { fault: 'any' }]) {
        let after: string | undefined
        do {
          const page = await answer(api.GET('/api/assets', { signal, params: { query: { ...wanted, region: region.value, limit: 500, after } } }))
          if (!after) total.value += page.total
          for (const d of page.items ?? []) found.set(d.id, d)
          done.value += page.items?.length ?? 0
          after = page.next
        } while (after)
      }
      return sickOf([...found.values()].filter((d) => d.state !== 'retired' && d.state !== 'suspended'))
    },
  })
  return { sick: computed(() => query.data.value), done, total, error: computed(() => query.error.value) }
}
