// One return as somebody fills it in: it saves by itself, keeps what is typed in the browser until
// the server has it, and brings together what two people wrote.
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, onScopeDispose, reactive, ref, shallowRef, watch, type Ref } from 'vue'
import { answer, api, type Schemas } from '@/shared/api/client.ts'
import { asProblem, type Problem } from '@/shared/api/problem.ts'
import { onGap, onLive } from '@/shared/live.ts'
import { user } from '../../../session.ts'
import { forget, keep, readKept } from '../../delivery/compose/kept.ts'
import { slowly } from './board.ts'
import { answersOf, draftOf, merge, same, sendable, wrongIn, type Draft, type Entry } from './draft.ts'

export type View = Schemas['ReturnsView']
export interface Named { form: string; unit: string; period: string }
/** saved; waiting for a pause in typing; saving; away: the server cannot be reached; wrong: it refused. */
export type Saving = 'saved' | 'waiting' | 'saving' | 'away' | 'wrong'

const pause = 900 // ms after the last key
const retryAfter = 5000

interface Written { draft: Draft; base: Draft }

export function useReturn(named: Ref<Named>, inPercent: (code: string) => boolean) {
  const client = useQueryClient()
  const at = computed(() => ({ path: named.value }))
  const id = computed(() => `${named.value.form}/${named.value.unit}/${named.value.period}`)
  const query = useQuery({ queryKey: ['measure', 'return', id], queryFn: ({ signal }) => answer(api.GET('/api/measure/returns/{form}/{unit}/{period}', { params: at.value, signal })) })
  const again = (): void => void query.refetch()
  for (const off of [onLive('measure', slowly(again, 1500)), onGap(again)]) onScopeDispose(off)

  const view = shallowRef<View>()
  const draft = reactive<Draft>({})
  const base = shallowRef<Draft>({})
  const torn = ref<Record<string, Entry>>({})
  const saving = ref<Saving>('saved')
  const problem = ref<Problem>()
  const restored = ref<number>()
  const savedAt = ref<number>()
  const writes = computed(() => view.value?.may?.includes('write') ?? false)
  const wrong = computed(() => wrongIn(draft))
  const dirty = computed(() => writes.value && !same(base.value, sendable(draft)))
  const place = computed(() => `return.${id.value}`)
  const who = user.value?.id ?? ''

  function put(next: Draft): void {
    for (const code of Object.keys(draft)) if (!(code in next)) delete draft[code]
    for (const [code, e] of Object.entries(next)) {
      if (draft[code]) Object.assign(draft[code], e)
      else draft[code] = { ...e }
    }
  }

  /** Takes what the server says; from is what it answered to, where that was ours. */
  function take(next: View, from?: Draft): void {
    const was = view.value
    if (was?.id === next.id && next.revision < was.revision) return // told late
    if (was?.id === next.id && next.revision === was.revision && !from) return void (view.value = next)
    const theirs = draftOf(next.answers, (next.formOf.items ?? []).map((i) => i.element))
    view.value = next
    if (was?.id !== next.id) {
      const kept = next.may?.includes('write') ? readKept<Written>(who, place.value) : undefined
      const { draft: d, torn: both } = kept ? merge(kept.form.base, kept.form.draft, theirs) : { draft: theirs, torn: {} }
      restored.value = kept && !same(d, theirs) ? kept.at : undefined
      base.value = theirs
      torn.value = both
      return put(d)
    }
    const { draft: d, torn: both } = next.may?.includes('write') ? merge(from ?? base.value, draft, theirs) : { draft: theirs, torn: {} }
    base.value = theirs
    torn.value = { ...both }
    put(d)
  }
  watch(() => query.data.value, (now) => now && take(now), { immediate: true })

  let timer: ReturnType<typeof setTimeout> | undefined
  let running: Promise<boolean> | undefined
  const later = (ms: number): void => {
    clearTimeout(timer)
    timer = setTimeout(() => void flush(), ms)
  }
  const match = (): string | undefined => (view.value?.revision ? `"${view.value.revision}"` : undefined)

  async function once(): Promise<boolean> {
    const sent = sendable(draft)
    const params = { path: { ...named.value }, header: { 'If-Match': match() } }
    saving.value = 'saving'
    try {
      const next = await answer(api.PUT('/api/measure/returns/{form}/{unit}/{period}', { params, body: { answers: answersOf(sent, inPercent) } }))
      problem.value = undefined
      saving.value = 'saved'
      savedAt.value = Date.now()
      take(next, sent)
      return true
    } catch (thrown) {
      const p = asProblem(thrown)
      if (p.isStale) { // somebody else wrote: bring both together, and go on if they do not differ
        const fresh = (await query.refetch()).data
        saving.value = 'waiting'
        if (fresh) take(fresh)
        return !!fresh && !Object.keys(torn.value).length
      }
      saving.value = p.code === 'network' || p.status >= 500 ? 'away' : 'wrong'
      if (saving.value === 'away') later(retryAfter)
      else problem.value = p
      return false
    }
  }
  /** Saves what is not saved; whether all of it is. */
  async function flush(): Promise<boolean> {
    clearTimeout(timer)
    for (let tries = 0; dirty.value && tries < 5; tries++) {
      if (Object.keys(torn.value).length) return false
      running ??= once().finally(() => (running = undefined))
      if (!(await running)) return false
    }
    return !dirty.value
  }
  watch([() => JSON.stringify(draft), () => Object.keys(torn.value).length], () => {
    if (!view.value) return
    if (dirty.value || (writes.value && wrong.value.length)) keep<Written>(who, place.value, { form: { draft: JSON.parse(JSON.stringify(draft)) as Draft, base: base.value }, revision: view.value.revision, at: Date.now() })
    else forget(who, place.value)
    if (!dirty.value) {
      if (saving.value === 'waiting' || saving.value === 'away') saving.value = 'saved'
      return
    }
    if (saving.value !== 'away') saving.value = 'waiting'
    later(pause)
  })
  const back = (): void => void flush()
  addEventListener('online', back)
  onScopeDispose(() => {
    removeEventListener('online', back)
    clearTimeout(timer)
    if (dirty.value) void flush() // what is left is kept in the browser, too
  })

  /** Does something to the return as it is now, everything typed being saved first. */
  async function act(verb: 'submit' | 'approve' | 'send-back' | 'reopen', reason?: string): Promise<boolean> {
    problem.value = undefined
    if (!(await flush())) return false
    const path = '/api/measure/returns/{form}/{unit}/{period}' as const
    const params = { path: named.value, header: { 'If-Match': match() ?? '' } }
    try {
      const next = verb === 'submit' ? await answer(api.POST(`${path}/submit`, { params }))
        : verb === 'approve' ? await answer(api.POST(`${path}/approve`, { params }))
          : verb === 'send-back' ? await answer(api.POST(`${path}/send-back`, { params, body: { reason: reason ?? '' } }))
            : await answer(api.POST(`${path}/reopen`, { params, body: { reason: reason ?? '' } }))
      take(next)
      client.setQueryData(['measure', 'return', id.value], next)
      void client.invalidateQueries({ queryKey: ['measure', 'board'] })
      void client.invalidateQueries({ queryKey: ['measure', 'asked'] })
      return true
    } catch (thrown) {
      problem.value = asProblem(thrown)
      if (problem.value.isStale) again()
      return false
    }
  }
  /** Chooses between what both wrote of an item. */
  function settle(code: string, theirs: boolean): void {
    const other = torn.value[code]
    if (theirs && other && draft[code]) Object.assign(draft[code], other)
    torn.value = Object.fromEntries(Object.entries(torn.value).filter(([c]) => c !== code))
  }
  return { query, view, draft, base, torn, settle, saving, savedAt, problem, restored, writes, wrong, dirty, flush, act, id }
}
