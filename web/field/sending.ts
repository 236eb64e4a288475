// Between the telephone and the platform: who is signed in, the work that is fetched, the
// interviews that are sent. Whatever breaks is tried again; an interview is let go of only when
// the platform said what became of it.
import { ref } from 'vue'
import { answer, api } from '@/shared/api/client.ts'
import { asProblem, type Problem } from '@/shared/api/problem.ts'
import { clear, depot, keep, keepLeaving, keepOwner, letGo, open, take, type Interview, type Owner } from './depot.ts'

/** How the platform stands to this telephone. */
export const line = ref<'asking' | 'away' | 'signed_out' | 'up'>('asking')
/** Why the work could not be fetched or interviews not be sent, other than that there is no network. */
export const problem = ref<Problem>()
/** Somebody else who is signed in while the owner's interviews wait. */
export const other = ref<Owner>()
export const sending = ref(false)
/** How many arrived since the page was opened. */
export const arrived = ref(0)

const patience = () => AbortSignal.timeout(30_000)
const again = 30_000 // ms
const most = 20 // interviews at once

/** Without an answer, or the platform in trouble: to be tried again. */
const passing = (p: Problem): boolean => p.status === 0 || p.status === 401 || p.status === 408 || p.status === 429 || p.status >= 500

/** Notes how the line is by what went wrong; what is not of the line is a problem to be told. */
function stumble(thrown: unknown): void {
  const p = asProblem(thrown)
  if (p.status === 0) line.value = 'away'
  else if (p.status === 401) line.value = 'signed_out'
  else problem.value = p
}

export const waiting = (): Interview[] => depot.interviews.filter((i) => i.stand === 'waiting')

let running: Promise<void> | undefined

/** Asks who is signed in, sends what waits and fetches the work; one at a time. */
export const sync = (): Promise<void> => (running ??= exchange().finally(() => (running = undefined)))

async function exchange(): Promise<void> {
  sending.value = true
  problem.value = undefined
  try {
    if (depot.leaving) await leave()
    if (await known()) {
      await send()
      await take((await answer(api.GET('/api/measure/survey-work', { signal: patience() }))).items ?? [])
    }
  } catch (thrown) {
    stumble(thrown)
  } finally {
    sending.value = false
  }
}

/** Whether the telephone's owner is signed in; a telephone with nothing to send changes hands. */
async function known(): Promise<boolean> {
  const { user } = await answer(api.GET('/api/session', { signal: patience() }))
  other.value = undefined
  if (!user) {
    line.value = 'signed_out'
    return false
  }
  line.value = 'up'
  if (depot.owner && depot.owner.id !== user.id) {
    if (depot.interviews.length > 0) {
      other.value = { id: user.id, name: user.name }
      return false
    }
    await clear()
  }
  await keepOwner({ id: user.id, name: user.name })
  return true
}

async function send(): Promise<void> {
  const surveys = new Set(waiting().map((i) => i.survey))
  for (const survey of surveys) {
    let size = most
    for (let batch = waiting().filter((i) => i.survey === survey); batch.length > 0; batch = waiting().filter((i) => i.survey === survey)) {
      const part = batch.slice(0, size)
      try {
        await bring(survey, part)
      } catch (thrown) {
        const p = asProblem(thrown)
        if (passing(p)) throw p
        if (part.length > 1) size = 1 // one of them spoils the rest, or they are too large together
        else await refuse(part[0]!, [{ code: p.code, at: '', message: p.detail }])
      }
    }
  }
}

async function bring(survey: string, part: Interview[]): Promise<void> {
  const answers = part.map(({ id, version, place, lang, started, answers }) => ({ id, version, place, lang, started, answers }))
  const { items } = await answer(api.POST('/api/measure/survey-work/{id}', { params: { path: { id: survey } }, body: { answers }, signal: patience() }))
  for (const i of part) {
    const became = items?.find((b) => b.id === i.id)
    if (!became || became.became === 'refused') await refuse(i, became?.faults ?? [{ code: 'measure.survey.unanswered', at: '' }])
    else {
      await letGo(i)
      arrived.value++
    }
  }
}

async function refuse(i: Interview, faults: Interview['faults']): Promise<void> {
  i.stand = 'refused'
  i.faults = faults
  await keep(i)
}

/** Clears the telephone, and signs out at the platform now or when it can be reached. */
export async function signOut(): Promise<void> {
  await clear()
  await keepLeaving(true)
  await sync()
}

async function leave(): Promise<void> {
  await answer(api.DELETE('/api/session', { signal: patience() })).catch((thrown: unknown) => { if (asProblem(thrown).status !== 401) throw thrown })
  await keepLeaving(false)
}

/** Opens what the telephone holds, and goes on exchanging for as long as the page is open. */
export async function start(): Promise<void> {
  await open()
  void sync()
  addEventListener('online', () => void sync())
  addEventListener('offline', () => { line.value = 'away' })
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') void sync() })
  setInterval(() => { if (line.value === 'away' || (line.value === 'up' && waiting().length > 0)) void sync() }, again)
}
