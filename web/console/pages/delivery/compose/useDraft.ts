// A message while it is worked on: read from the server or begun anew, kept on this machine
// with every keystroke, and saved to the server as one goes once it is there.
import { computed, onScopeDispose, ref, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { answer, api, onceToken } from '@/shared/api/client.ts'
import { asProblem, type Problem } from '@/shared/api/problem.ts'
import { user } from '../../../session.ts'
import { bodyOf, emptyForm, formOf, likeOf, useForm, type MessageView } from './draft.ts'
import { forget, keep, readKept, type Kept } from './kept.ts'

const rest = 1500 // milliseconds without typing before the server is told

/** The message of the page's address, or a new one. */
export function useDraft() {
  const route = useRoute()
  const router = useRouter()
  const { form, ready, all, unfilled } = useForm()
  const message = ref<MessageView>()
  const problem = ref<Problem>()
  const failed = ref('') // what of busy's it came of; empty: of reading, or of saving by itself
  const busy = ref('') // what the person waits for
  const saving = ref(false) // what nobody waits for
  const saved = ref('') // the form as the server has it
  const begun = ref('') // the form as it was before anybody typed
  const restored = ref<number>() // when what was found on this machine was typed
  const other = ref<Kept>() // kept on this machine, but the message has changed since
  const loading = ref(false)
  let key = onceToken() // the same press twice makes one message
  let sent = '' // the form as it was first sent with it: what the server makes the message of

  const id = computed(() => (typeof route.params.id === 'string' ? route.params.id : undefined))
  const template = computed(() => (typeof route.query.template === 'string' ? route.query.template : ''))
  const like = computed(() => (typeof route.query.like === 'string' ? route.query.like : '')) // a sent message that this one is to be like
  const who = computed(() => user.value?.id ?? '')
  const place = computed(() => id.value ?? (like.value ? `like.${like.value}` : `new.${template.value}`))
  const now = computed(() => JSON.stringify(form))
  const dirty = computed(() => saved.value !== now.value)
  /** A submitted version is not taken back by typing alone, only by saying so. */
  const submitted = computed(() => message.value?.open?.state === 'checked')

  // One request at a time: each needs the revision that the one before it left.
  let last: Promise<unknown> = Promise.resolve()
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = last.then(work, work)
    last = next.catch(() => undefined)
    return next
  }

  function take(m: MessageView): void {
    message.value = m
    if (!m.open) return
    const kept = readKept(who.value, m.id)
    Object.assign(form, formOf(m, m.open))
    saved.value = begun.value = now.value
    if (!kept || JSON.stringify(kept.form) === now.value) return
    if (kept.revision === m.revision) {
      Object.assign(form, kept.form)
      restored.value = kept.at
    } else {
      other.value = kept
    }
  }

  function begin(): void {
    const kept = readKept(who.value, place.value)
    Object.assign(form, emptyForm(), { template: template.value })
    begun.value = now.value
    if (kept) {
      Object.assign(form, kept.form)
      restored.value = kept.at
    }
  }

  /** Begins like a message that was sent. */
  async function beginLike(): Promise<void> {
    loading.value = true
    const [from, of] = [place.value, like.value]
    try {
      const m = await answer(api.GET('/api/alerts/{id}', { params: { path: { id: of } } }))
      if (from !== place.value) return
      begin()
      const version = m.current ?? m.open
      if (version && restored.value === undefined) Object.assign(form, likeOf(m, version))
      if (restored.value === undefined) begun.value = now.value
    } catch (thrown) {
      problem.value = asProblem(thrown)
    } finally {
      loading.value = false
    }
  }

  /** Throws away what was found on this machine. */
  function startOver(): void {
    forget(who.value, place.value)
    restored.value = other.value = undefined
    if (message.value) take(message.value)
    else if (like.value) void beginLike()
    else begin()
  }

  /** Takes what was found on this machine instead of what the server has. */
  function useOther(): void {
    if (other.value) Object.assign(form, other.value.form)
    other.value = undefined
  }

  async function read(): Promise<void> {
    loading.value = true
    problem.value = undefined
    const of = id.value!
    try {
      const m = await answer(api.GET('/api/alerts/{id}', { params: { path: { id: of } } }))
      if (of === id.value) take(m)
    } catch (thrown) {
      if (of === id.value) problem.value = asProblem(thrown)
    } finally {
      if (of === id.value) loading.value = false
    }
  }

  watch(place, (_place, before) => {
    if (id.value && message.value?.id === id.value) return // it was given its id just now
    restored.value = other.value = problem.value = message.value = undefined
    saved.value = ''
    if (before !== undefined) [key, sent] = [onceToken(), '']
    if (id.value) void read()
    else if (like.value) void beginLike()
    else begin()
  }, { immediate: true })

  /** Writes the form to the server: a new draft, or the version that is open. */
  const save = (): Promise<MessageView> => inTurn(async () => {
    if (message.value && !dirty.value) return message.value
    const [from, written] = [place.value, now.value]
    const body = bodyOf(form)
    const { kind: _kind, class: _class, ...wording } = body
    let next = message.value
    if (!next) {
      sent ||= written
      next = await answer(api.POST('/api/alerts', { params: { header: { 'Idempotency-Key': key } }, body }))
    }
    if (message.value || sent !== written) {
      next = await answer(api.PUT('/api/alerts/{id}', { params: { path: { id: next.id }, header: { 'If-Match': `"${next.revision}"` } }, body: wording }))
    }
    forget(who.value, from)
    if (from !== place.value) return next // another message is written here by now
    message.value = next
    saved.value = written
    restored.value = undefined
    if (!id.value) await router.replace({ name: 'compose', params: { id: next.id }, query: {} })
    return next
  })

  /** Does something the person waits for; what goes wrong is shown. */
  async function attempt<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    busy.value = what
    problem.value = undefined
    failed.value = ''
    try {
      return await work()
    } catch (thrown) {
      problem.value = asProblem(thrown)
      failed.value = what
      return undefined
    } finally {
      busy.value = ''
    }
  }

  /** Takes over the server's present revision and writes this form over it. */
  const overwrite = () => attempt('save', async () => {
    message.value = await answer(api.GET('/api/alerts/{id}', { params: { path: { id: id.value! } } }))
    saved.value = ''
    await save()
  })

  let timer: ReturnType<typeof setTimeout> | undefined
  watch(now, (written) => {
    clearTimeout(timer)
    if (written === begun.value || written === saved.value) return void (other.value || forget(who.value, place.value)) // it was undone
    keep(who.value, place.value, { form: JSON.parse(written) as typeof form, revision: message.value?.revision ?? 0, at: Date.now() })
    timer = setTimeout(() => void auto(), rest)
  })
  async function auto(): Promise<void> {
    const from = place.value
    if (!message.value || submitted.value || !all.value || busy.value || !dirty.value || problem.value?.isStale) return
    saving.value = true
    try {
      await save()
      problem.value = undefined
    } catch (thrown) {
      if (from !== place.value) return // it is kept, and told where it was written
      problem.value = asProblem(thrown)
      failed.value = ''
    } finally {
      saving.value = false
    }
  }
  onScopeDispose(() => clearTimeout(timer))

  return { form, ready, all, unfilled, message, problem, failed, busy, saving, dirty, begun, now, restored, other, loading, submitted, id, save, attempt, overwrite, read, startOver, useOther }
}
