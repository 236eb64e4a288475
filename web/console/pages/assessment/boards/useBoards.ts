// Boards as pages read and keep them. A change shows at once and is sent after those before it; what
// the server refuses is taken back.
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import { answer, api } from '@/shared/api/client.ts'
import { asProblem, type Problem } from '@/shared/api/problem.ts'
import type { Board, Draft } from './board.ts'

export function useBoards() {
  const query = useQuery({ queryKey: ['boards'], queryFn: ({ signal }) => answer(api.GET('/api/measure/boards', { signal })) })
  return { boards: computed(() => query.data.value?.items ?? []), readers: computed(() => query.data.value?.readers ?? []), query }
}

export const draftOf = ({ name, shared, tiles }: Board): Draft => ({ name, shared, tiles })

/** One board, and how it is changed. */
export function useBoard(id: ComputedRef<string>): { board: ComputedRef<Board | undefined>; error: ComputedRef<unknown>; again: () => void; problem: Ref<Problem | undefined>; keep: (change: (d: Draft) => Draft) => void; saved: () => Promise<void> } {
  const client = useQueryClient()
  const query = useQuery({ queryKey: ['boards', 'one', id], refetchOnWindowFocus: false, queryFn: ({ signal }) => answer(api.GET('/api/measure/boards/{id}', { signal, params: { path: { id: id.value } } })) })
  const mine = shallowRef<Board>() // with changes that are under way
  const problem = ref<Problem>()
  let revision = 0
  let waiting = 0
  let tail = Promise.resolve()
  watch(query.data, (b) => { if (b && !waiting) { mine.value = b; revision = b.revision } }, { immediate: true })

  async function send(body: Draft): Promise<void> {
    try {
      const b = await answer(api.PUT('/api/measure/boards/{id}', { params: { path: { id: id.value }, header: { 'If-Match': `"${revision}"` } }, body }))
      revision = b.revision
      if (--waiting) return
      mine.value = b
      client.setQueryData(['boards', 'one', id.value], b)
      void client.invalidateQueries({ queryKey: ['boards'], exact: true })
    } catch (thrown) {
      waiting--
      problem.value = asProblem(thrown)
      await query.refetch()
    }
  }
  function keep(change: (d: Draft) => Draft): void {
    if (!mine.value) return
    const body = change(draftOf(mine.value))
    mine.value = { ...mine.value, ...body }
    problem.value = undefined
    waiting++
    tail = tail.then(() => send(body))
  }
  return { board: computed(() => mine.value), error: computed(() => query.error.value), again: () => void query.refetch(), problem, keep, saved: () => tail }
}
