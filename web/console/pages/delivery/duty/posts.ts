// The duty posts and who keeps them.
import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { answer, api, type ItemOf } from '@/shared/api/client.ts'
import { may } from '../../../session.ts'

export type PostView = ItemOf<'/api/duty/posts'>

export function usePosts() {
  const query = useQuery({ queryKey: ['duty', 'posts'], enabled: () => may('alert.duty'), refetchInterval: 60_000, queryFn: () => answer(api.GET('/api/duty/posts')) })
  return { posts: computed(() => query.data.value?.items ?? []), error: computed(() => query.error.value), pending: computed(() => query.isPending.value), updatedAt: query.dataUpdatedAt }
}
