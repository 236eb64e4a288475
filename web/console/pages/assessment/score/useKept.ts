// How the districts that the reader sees keep what their standards ask, item by item: what leads look
// at first. Who sees no whole city reads of their own places.
import { useQuery } from '@tanstack/vue-query'
import { computed, type ComputedRef } from 'vue'
import { answer, api } from '@/shared/api/client.ts'
import { codeOfPath, useCity } from '../../../regions.ts'
import { may, pathsOf } from '../../../session.ts'
import { itemsOf, type KeptItem } from './kept.ts'

export function useKept(): { items: ComputedRef<KeptItem[]>; waiting: ComputedRef<boolean>; error: ComputedRef<unknown> } {
  const city = useCity()
  const asked = computed(() => {
    if (!city.value) return []
    if (may('measure.read', city.value.path)) return [{ region: city.value.code, level: 'district' as const }]
    return pathsOf('measure.read').map((path) => ({ region: codeOfPath(path) }))
  })
  const query = useQuery({
    queryKey: ['score', 'kept', asked], enabled: () => asked.value.length > 0, staleTime: 60_000, refetchInterval: 60_000,
    queryFn: async ({ signal }) => (await Promise.all(asked.value.map((one) => answer(api.GET('/api/measure/compliance', { signal, params: { query: one } }))))).flatMap((found) => found.items ?? []),
  })
  return { items: computed(() => itemsOf(query.data.value ?? [])), waiting: computed(() => !city.value || query.isLoading.value), error: computed(() => query.error.value) }
}
