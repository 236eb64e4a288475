// What every form does when it is sent: it waits, and keeps what the server says is wrong.
import { ref, watch, type Ref } from 'vue'
import { asProblem, type Problem } from '@/shared/api/problem.ts'

/** Sends a form's work one at a time; resolves to whether it was done. */
export function useSubmit(): { busy: Ref<boolean>; problem: Ref<Problem | undefined>; submit: (work: () => Promise<unknown>) => Promise<boolean> } {
  const busy = ref(false)
  const problem = ref<Problem>()
  async function submit(work: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    problem.value = undefined
    try {
      await work()
      return true
    } catch (thrown) {
      problem.value = asProblem(thrown)
      return false
    } finally {
      busy.value = false
    }
  }
  return { busy, problem, submit }
}

/** The entity tag that a form sends: of what it was opened on. What somebody else wrote meanwhile is
    written over only by who was refused for it, and so knows, and sends the form again. */
export function useTag(newest: () => string | undefined, problem: Ref<Problem | undefined>): Ref<string | undefined> {
  const tag = ref(newest())
  watch([newest, problem], ([now, p]) => p?.isStale && (tag.value = now))
  return tag
}
