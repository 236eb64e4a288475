// The region where a person keeps duty: the widest of their grants.
import { computed, type ComputedRef } from 'vue'
import { codeOfPath, useCity } from '../../../regions.ts'
import { user } from '../../../session.ts'

/** Its code; undefined until it is known. */
export function useOwnRegion(permission = 'alert.duty'): ComputedRef<string | undefined> {
  const city = useCity()
  return computed(() => {
    const paths = user.value?.permissions?.filter((p) => p.permission === permission).map((p) => p.regionPath) ?? []
    const widest = [...paths].sort((a, b) => a.length - b.length)[0]
    // Whoever holds it above the city holds it in all of the city.
    return widest === undefined ? undefined : city.value?.path.startsWith(widest) ? city.value.code : city.value && codeOfPath(widest)
  })
}
