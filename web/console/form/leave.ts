// What is typed is not lost unasked: whoever goes to another page, goes back or closes the window
// with changes that are not saved is asked first.
import { computed, onBeforeUnmount, onMounted, ref, type ComputedRef, type Ref } from 'vue'
import { onBeforeRouteLeave, onBeforeRouteUpdate, type RouteLocationNormalized } from 'vue-router'

/** A page that is to be left: gone from, or stayed on. */
export interface Leaving {
  go: () => void
  stay: () => void
}

/** Asks before a page with changes is left. LeaveNote puts the question; leave asks it before
    anything else that would lose them. What stands in the address after "?" loses nothing. */
export function useLeave(changed: () => boolean): { leaving: Ref<Leaving | undefined>; leave: (go: () => void) => void } {
  const leaving = ref<Leaving>()
  const leave = (go: () => void): void => {
    if (changed()) leaving.value = { go, stay: () => undefined }
    else go()
  }
  const guard = (to: RouteLocationNormalized, from: RouteLocationNormalized): true | Promise<boolean> =>
    !changed() || to.path === from.path || new Promise<boolean>((resolve) => { leaving.value = { go: () => resolve(true), stay: () => resolve(false) } })
  onBeforeRouteLeave(guard)
  onBeforeRouteUpdate(guard)
  const unload = (e: BeforeUnloadEvent): void => { if (changed()) e.preventDefault() }
  onMounted(() => addEventListener('beforeunload', unload))
  onBeforeUnmount(() => removeEventListener('beforeunload', unload))
  return { leaving, leave }
}

/** Whether a draft differs from what it was when last settled: as it was opened, saved or given up. */
export function useTyped(draft: () => unknown): { typed: ComputedRef<boolean>; settled: () => void } {
  const now = computed(() => JSON.stringify(draft()))
  const before = ref(now.value)
  return { typed: computed(() => now.value !== before.value), settled: () => (before.value = now.value) }
}
