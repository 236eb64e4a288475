// One message, as the page about it and the page around it see it; kept fresh.
import { useQuery, useQueryClient, type QueryClient } from '@tanstack/vue-query'
import { computed, onScopeDispose, type Ref } from 'vue'
import { answer, api, type Schemas } from '@/shared/api/client.ts'
import { onGap, onLive } from '@/shared/live.ts'

/** Takes a message as an act on it left it, before anybody is shown it again; what else is known
    of it, and every list, is read afresh. */
export async function tookMessage(client: QueryClient, message: Schemas['AlertMessageView']): Promise<void> {
  const key = ['message', message.id]
  await client.cancelQueries({ queryKey: key, exact: true }) // an older answer under way would come after this one
  client.setQueryData(key, message)
  for (const queryKey of [key, ['list', 'messages'], ['on-air']]) void client.invalidateQueries({ queryKey })
}

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
