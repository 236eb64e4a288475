// Names of accounts, for records that know them by their ids.
import { useQuery } from '@tanstack/vue-query'
import { computed, type ComputedRef } from 'vue'
import { answer, api } from '@/shared/api/client.ts'
import { may } from '../../session.ts'

/** Account id → name, of those that the reader may see. */
export function useAccountNames(): ComputedRef<Map<string, string>> {
  const query = useQuery({
    queryKey: ['accounts', 'names'], staleTime: 300_000, enabled: () => may('account.read'),
    queryFn: async () => {
      const names = new Map<string, string>()
      for (let after: string | undefined, page = 0; page < 20; page++) {
        const found = await answer(api.GET('/api/accounts', { params: { query: { limit: 500, after } } }))
        for (const u of found.items ?? []) names.set(u.id, u.name)
        after = found.next
        if (!after) break
      }
      return names
    },
  })
  return computed(() => query.data.value ?? new Map<string, string>())
}
