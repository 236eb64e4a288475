// One message, as the page about it and the page around it see it; kept fresh.
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, onScopeDispose, type Ref } from 'vue'
import { answer, api } from '@/shared/api/client.ts'
import { onGap, onLive } from '@/shared/live.ts'

export function useMessage(id: Ref<string | undefined>) {
  const client = useQueryClient()
  const query = useQuery({
    queryKey: ['message', id], enabled: () => !!id.value, refetchInterval: 30_000,
    queryFn: () => answer(api.GET('/api/alerts/{id}', { params: { path: { id: id.value! } } })),
  })
  const again = () => void client.invalidateQueries({ queryKey: ['message', id.value] })
  const stops = [onLive<{ id: string }>('alert.changed', (news) => news.id === id.value && again()), onGap(again)]
  onScopeDispose(() => stops.forEach((stop) => stop()))
  return { message: computed(() => (query.data.value?.id === id.value ? query.data.value : undefined)), query, again }
}
