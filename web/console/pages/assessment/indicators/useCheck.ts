// A definition while it is written, tried on the server after each rest of typing.
import { onScopeDispose, ref, watch, type Ref } from 'vue'
import { answer, api, type Schemas } from '@/shared/api/client.ts'
import { asProblem, Problem } from '@/shared/api/problem.ts'
import type { Indicator } from '../measure/book.ts'
import { sent, tried, type Draft } from './draft.ts'

type Preview = Schemas['IndicatorPreview']
const rest = 400 // ms without typing

/** What the definition would give now, or what is wrong with what was written of it so far. */
export function useCheck(draft: Draft): { found: Ref<Preview | undefined>; wrong: Ref<Problem | undefined>; checking: Ref<boolean> } {
  const found = ref<Preview>()
  const wrong = ref<Problem>()
  const checking = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let asking: AbortController | undefined

  async function check(): Promise<void> {
    asking?.abort()
    const s = sent(draft)
    if (![s.numerator, ...s.parts].some((x) => x.trim())) {
      found.value = wrong.value = undefined
      return
    }
    const { signal } = (asking = new AbortController())
    checking.value = true
    try {
      found.value = await answer(api.POST('/api/measure/indicators/check', { body: tried(draft) as Indicator, signal }))
      wrong.value = undefined
    } catch (thrown) {
      if (signal.aborted) return
      const p = asProblem(thrown)
      // An empty line is no fault while others are written, nor is an unfinished name.
      wrong.value = new Problem(p.status, p.code, p.detail, p.places.filter((x) => !/^(name|unit|code)/.test(x.location)))
      found.value = undefined
    } finally {
      if (!signal.aborted) checking.value = false
    }
  }
  watch(draft, () => { clearTimeout(timer); timer = setTimeout(() => void check(), rest) }, { deep: true, immediate: true })
  onScopeDispose(() => { clearTimeout(timer); asking?.abort() })
  return { found, wrong, checking }
}
