// Townships by name, each with its district, since names of townships repeat.
import { computed, type ComputedRef, type Ref } from 'vue'
import { nameOf } from '@/shared/i18n.ts'
import { useRegions } from '../../regions.ts'

/** What to call a township of 12 digits; its code until its name is known. */
export function useTownshipNames(codes: Ref<string[]>): ComputedRef<(code: string) => string> {
  const { regions } = useRegions(computed(() => [...new Set(codes.value)]))
  return computed(() => (code: string) => {
    const region = regions.value.get(code)
    const district = region?.ancestors?.find((a) => a.level === 'district')
    return region ? [district && nameOf(district), nameOf(region)].filter(Boolean).join(' ') : code
  })
}
