// Townships by name, each with its district, since names of townships repeat.
import { computed, type ComputedRef, type Ref } from 'vue'
import { placeName, useRegions } from '../../regions.ts'

/** What to call a township of 12 digits; its code until its name is known. */
export function useTownshipNames(codes: Ref<string[]>): ComputedRef<(code: string) => string> {
  const { regions } = useRegions(computed(() => [...new Set(codes.value)]))
  return computed(() => (code: string) => {
    const region = regions.value.get(code)
    return region ? placeName(region) : code
  })
}
