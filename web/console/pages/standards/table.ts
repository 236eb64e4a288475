// A rule that changes as one, such as a table: what is kept, what a person made of it, and saving
// it without walking over what somebody else changed meanwhile.
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import { copyOf, same } from './rules.ts'

interface Kept<R> { rule: R | null; version: number; changedBy: string; changedAt: string }
interface Tagged<R> { data: Kept<R>; etag: string }
interface Drafted<R> {
  kept: ComputedRef<Kept<R> | undefined>; changed: ComputedRef<boolean>; error: ComputedRef<unknown>; failed: Ref<unknown>
  save: () => Promise<void>; reset: () => void; mine: () => Promise<void>
}

/** The rule behind a key; load and store are its operations, none is what it is before it is read. */
export function useRule<R>(key: string, load: () => Promise<Tagged<R>>, store: (rule: R, etag: string) => Promise<Tagged<R>>, none: R): Drafted<R> & { rule: Ref<R> } {
  const client = useQueryClient()
  const query = useQuery({ queryKey: [key], queryFn: load })
  const rule = ref(copyOf(none)) as Ref<R>
  const failed = ref<unknown>()
  const from = shallowRef<Tagged<R>>() // what the rule was copied from

  const changed = computed(() => !!query.data.value && !same(rule.value, (from.value ?? query.data.value).data.rule ?? none))
  function reset(): void {
    from.value = query.data.value
    rule.value = copyOf(from.value?.data.rule ?? none)
    failed.value = undefined
  }
  watch(() => query.data.value, (now) => now && (!from.value || !changed.value) && reset(), { immediate: true })

  async function put(etag: string): Promise<void> {
    failed.value = undefined
    try {
      const saved = await store(rule.value, etag)
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
    rule, changed, failed, reset,
    kept: computed(() => query.data.value?.data), error: computed(() => query.error.value),
    save: () => put(from.value?.etag ?? ''), mine: () => put(query.data.value?.etag ?? '').catch(() => undefined),
  }
}

/** A table of rows, kept as one rule. */
export function useTable<T>(key: string, load: () => Promise<Tagged<T[]>>, store: (rows: T[], etag: string) => Promise<Tagged<T[]>>): Drafted<T[]> & { rows: Ref<T[]> } {
  const { rule: rows, ...rest } = useRule<T[]>(key, load, store, [])
  return { rows, ...rest }
}
