// The names of places that facts are about. Regions are read with their neighbours, by what they
// lie in: a list about all townships of a district costs one request.
import { useQueries } from '@tanstack/vue-query'
import { computed, type ComputedRef, type Ref } from 'vue'
import { lang, nameOf } from '@/shared/i18n.ts'
import { childrenOf, codeOfPath, useCity } from '../../../regions.ts'

/** The paths of a region and of those above it below a city, from the widest: cn.11.110105. and so on. */
export function stepsOf(path: string, city: string): string[] {
  const parts = path.slice(city.length).split('.').filter(Boolean)
  return path.startsWith(city) ? parts.map((_, i) => `${city}${parts.slice(0, i + 1).join('.')}.`) : []
}

const parentOf = (path: string): string => path.replace(/[^.]+\.$/, '')

/** Says a region's path by its names below the city; the city itself by its own; a code where there is none. */
export function usePlaces(paths: Ref<string[]>): ComputedRef<(path: string) => string> {
  const city = useCity()
  const parents = computed(() => (city.value ? [...new Set(paths.value.flatMap((p) => stepsOf(p, city.value!.path)).map(parentOf))] : []))
  const found = useQueries({
    queries: computed(() => parents.value.map((path) => { const code = codeOfPath(path); return { queryKey: ['regions', 'children', code], staleTime: Infinity, queryFn: () => childrenOf(code) } })),
  })
  const names = computed(() => new Map(found.value.flatMap((q) => (q.data ?? []).map((r) => [r.path, nameOf(r)] as const))))
  const reading = computed(() => !city.value || found.value.some((q) => q.isPending))
  return computed(() => (path: string) => {
    if (path === city.value?.path) return nameOf(city.value)
    const words = stepsOf(path, city.value?.path ?? '-').map((p) => names.value.get(p)).filter(Boolean)
    return words.length ? words.join(lang.value === 'en' ? ', ' : '') : reading.value ? '…' : codeOfPath(path)
  })
}
