// A table of rules that changes as one: what is kept, what a person made of it, and saving
// it without walking over what somebody else changed meanwhile.
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import { copyOf, same } from './rules.ts'

interface Kept<T> { rule: T[] | null; version: number; changedBy: string; changedAt: string }
interface Tagged<T> { data: Kept<T>; etag: string }

/** The table behind a key; load and store are its operations. */
export function useTable<T>(key: string, load: () => Promise<Tagged<T>>, store: (rows: T[], etag: string) => Promise<Tagged<T>>): {
  rows: Ref<T[]>; kept: ComputedRef<Kept<T> | undefined>; changed: ComputedRef<boolean>; error: ComputedRef<unknown>; failed: Ref<unknown>
  save: () => Promise<void>; reset: () => void; mine: () => Promise<void>
} {
  const client = useQueryClient()
  const query = useQuery({ queryKey: [key], queryFn: load })
  const rows = ref([]) as Ref<T[]>
  const failed = ref<unknown>()
  const from = shallowRef<Tagged<T>>() // what the rows were copied from

  const changed = computed(() => !!query.data.value && !same(rows.value, (from.value ?? query.data.value).data.rule ?? []))
  function reset(): void {
    from.value = query.data.value
    rows.value = copyOf(from.value?.data.rule ?? [])
    failed.value = undefined
  }
  watch(() => query.data.value, (now) => now && (!from.value || !changed.value) && reset(), { immediate: true })

  async function put(etag: string): Promise<void> {
    failed.value = undefined
    try {
      const saved = await store(rows.value, etag)
      client.setQueryData([key], saved)
      await client.invalidateQueries({ queryKey: ['rule-history'] })
      reset()
    } catch (thrown) {
      failed.value = thrown
      await query.refetch() // so that the note can say whose change came between
      throw thrown
    }
  }
  return {
    rows, changed, failed, reset,
    kept: computed(() => query.data.value?.data), error: computed(() => query.error.value),
    save: () => put(from.value?.etag ?? ''), mine: () => put(query.data.value?.etag ?? '').catch(() => undefined),
  }
}
