// What refers to an indicator, each by what it is called, and where it is read.
import { useQuery } from '@tanstack/vue-query'
import { computed, type ComputedRef } from 'vue'
import { answer, api, type Schemas } from '@/shared/api/client.ts'

export type User = Schemas['FactUser']

const pages: Partial<Record<User['kind'], string>> = { indicator: '/assessment/indicators', index: '/assessment/indices', standard: '/standards/owed' }

export const toUser = (u: User): string => `${pages[u.kind]}/${u.id}`

export function useUsers(code: ComputedRef<string>): ComputedRef<User[]> {
  const query = useQuery({ queryKey: ['measure', 'indicators', 'users', code], staleTime: 60_000, queryFn: ({ signal }) => answer(api.GET('/api/measure/indicators/{code}/users', { signal, params: { path: { code: code.value } } })) })
  return computed(() => query.data.value?.items ?? [])
}
