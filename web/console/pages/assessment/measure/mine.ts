// The place whose numbers a page shows first: the city, or the reader's own where they do not see all of it.
import { useQuery } from '@tanstack/vue-query'
import { computed, type ComputedRef } from 'vue'
import { codeOfPath, regionOf, useCity, type Region } from '../../../regions.ts'
import { may, pathsOf } from '../../../session.ts'

export function useMine(): ComputedRef<Region | undefined> {
  const city = useCity()
  const all = computed(() => !!city.value && may('measure.read', city.value.path))
  const code = computed(() => (city.value && !all.value ? pathsOf('measure.read').map(codeOfPath)[0] : undefined))
  const own = useQuery({ queryKey: ['region', code], enabled: () => !!code.value, staleTime: Infinity, queryFn: () => regionOf(code.value!) })
  return computed(() => (all.value ? city.value : own.data.value))
}
