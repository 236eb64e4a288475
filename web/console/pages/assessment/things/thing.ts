// Things that facts are about: outlets, hotels, screens, stations, operators; and funds, which the
// book of money keeps.
import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { computed, type ComputedRef, type Ref } from 'vue'
import { answer, api, type Schemas } from '@/shared/api/client.ts'
import { has, t } from '@/shared/i18n.ts'

export type Thing = Schemas['FactThing']
export type Registered = Schemas['FactNewThing']

/** Those that people register. */
export const kinds = ['outlet', 'hotel', 'screen', 'station', 'operator', 'other'] as const
/** Those that can be judged. */
export const judged = [...kinds, 'fund'] as const

export const kindWord = (kind: string): string => (has(`thing.kind.${kind}`) ? t(`thing.kind.${kind}`) : kind)

/** Whether a unit is a thing, and no region. */
export const isThing = (unit: string): boolean => unit.includes(':')

/** What a thing is called by within its kind. */
export const codeOf = (id: string): string => id.slice(id.indexOf(':') + 1)

/** How a thing stands on a day: judged from one day on until another. */
export const standing = (x: Pick<Thing, 'since' | 'until'>, today: string): 'judged' | 'coming' | 'retired' =>
  x.until && x.until <= today ? 'retired' : x.since > today ? 'coming' : 'judged'

/** A thing by id; one that is not there, or not in one's regions, is not asked for again. */
export const thingQuery = (id: string) => ({
  queryKey: ['thing', id], staleTime: 60_000, retry: false, queryFn: () => answer(api.GET('/api/measure/things/{id}', { params: { path: { id } } })),
})

/** Things by id, as far as they are known by now. */
export function useThings(ids: Ref<string[]>): ComputedRef<Map<string, Thing>> {
  const asked = computed(() => [...new Set(ids.value.filter(isThing))].sort())
  const query = useQuery({
    queryKey: ['thing', 'named', asked], enabled: () => asked.value.length > 0, staleTime: 60_000, placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const parts = Array.from({ length: Math.ceil(asked.value.length / 100) }, (_, i) => asked.value.slice(i * 100, i * 100 + 100))
      return (await Promise.all(parts.map((id) => answer(api.GET('/api/measure/things', { signal, params: { query: { id } } }))))).flatMap((found) => found.items ?? [])
    },
  })
  return computed(() => new Map((query.data.value ?? []).map((x) => [x.id, x])))
}

/** Things whose name or code holds the words. */
export const findThings = async (q: string, kind?: (typeof judged)[number]): Promise<Thing[]> =>
  (await answer(api.GET('/api/measure/things', { params: { query: { q, kind, state: 'judged', limit: 12 } } }))).items ?? []
