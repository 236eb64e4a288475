// The event types of GB/T 35561, asked for once.
import { useQuery } from '@tanstack/vue-query'
import { computed, type ComputedRef } from 'vue'
import { answer, api, type ItemOf } from '@/shared/api/client.ts'

export type EventType = ItemOf<'/api/alert-event-types'>

/** Every event type in order of code. */
export function useEvents(): { events: ComputedRef<EventType[]>; error: ComputedRef<unknown>; pending: ComputedRef<boolean> } {
  const query = useQuery({
    queryKey: ['event-types'], staleTime: Infinity, queryFn: () => answer(api.GET('/api/alert-event-types')),
  })
  return { events: computed(() => query.data.value?.items ?? []), error: computed(() => query.error.value), pending: computed(() => query.isPending.value) }
}

export interface EventBranch {
  event: EventType
  branches: EventBranch[]
}

/** The types as a tree: category, class, type. A row whose parent is not listed stands on top. */
export function treeOf(events: EventType[]): EventBranch[] {
  const all = new Map(events.map((e) => [e.code, { event: e, branches: [] as EventBranch[] }]))
  const tops: EventBranch[] = []
  for (const branch of all.values()) {
    const { code, class: cls, category } = branch.event
    const parent = [cls, category].filter((up) => up !== code).map((up) => all.get(up)).find((up) => !!up)
    ;(parent ? parent.branches : tops).push(branch)
  }
  return tops
}

/** The part of a tree in which something is wanted: what is below a wanted branch stays. */
export function prune(branches: EventBranch[], wanted: (e: EventType) => boolean): EventBranch[] {
  return branches.flatMap((b) => {
    if (wanted(b.event)) return [b]
    const left = prune(b.branches, wanted)
    return left.length ? [{ event: b.event, branches: left }] : []
  })
}
