// How the city's districts keep what its standards ask, item by item: what leads look at first.
import { useQuery } from '@tanstack/vue-query'
import { computed, type ComputedRef } from 'vue'
import { answer, api } from '@/shared/api/client.ts'
import { useCity } from '../../../regions.ts'
import { may } from '../../../session.ts'
import { itemsOf, type KeptItem } from './kept.ts'

export function useKept(): { items: ComputedRef<KeptItem[]>; waiting: ComputedRef<boolean>; error: ComputedRef<unknown> } {
  const city = useCity()
  const query = useQuery({
    queryKey: ['score', 'kept', () => city.value?.code], enabled: () => !!city.value && may('measure.read', city.value.path), staleTime: 60_000, refetchInterval: 60_000,
    queryFn: async ({ signal }) => (await answer(api.GET('/api/measure/compliance', { signal, params: { query: { region: city.value!.code, level: 'district' } } }))).items ?? [],
  })
  return { items: computed(() => itemsOf(query.data.value ?? [])), waiting: computed(() => query.isPending.value), error: computed(() => query.error.value) }
}
