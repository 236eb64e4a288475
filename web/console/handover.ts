// One browser, one person after the other, as at the change of shifts.
import type { QueryClient } from '@tanstack/vue-query'
import { watch, type Ref } from 'vue'

/** Forgets what was read for one person as soon as another signs in, who may not see the same. */
export function forgetOthers(user: Ref<{ id: string } | undefined>, client: QueryClient): void {
  let last = ''
  watch(() => user.value?.id, (now) => {
    if (!now) return
    if (last && last !== now) client.clear()
    last = now
  }, { immediate: true, flush: 'sync' })
}
