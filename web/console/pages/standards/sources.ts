// The named sources of alerts, for rules that are about some of them only.
import { useQuery } from '@tanstack/vue-query'
import { computed, type ComputedRef } from 'vue'
import { answer, api, type Schemas } from '@/shared/api/client.ts'

/** The sources that may speak to the reader's regions. */
export function useSources(): ComputedRef<Schemas['FeedView'][]> {
  const query = useQuery({ queryKey: ['sources', 'named'], queryFn: () => answer(api.GET('/api/alert-sources')), staleTime: 60_000 })
  return computed(() => query.data.value?.items ?? [])
}
