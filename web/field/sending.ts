// Between the telephone and the platform: who is signed in, the work that is fetched, the
// interviews that are sent. Whatever breaks is tried again; an interview is let go of only when
// the platform said what became of it.
import { ref } from 'vue'
import { answer, api } from '@/shared/api/client.ts'
import { asProblem } from '@/shared/api/problem.ts'
import { lineOf, passing, patience } from '@/shared/phone/line.ts'
import { clear, depot, keep, keepLeaving, keepOwner, letGo, open, take, type Interview, type Owner } from './depot.ts'

/** Somebody else who is signed in while the owner's interviews wait. */
export const other = ref<Owner>()
/** How many arrived since the page was opened. */
export const arrived = ref(0)

const most = 20 // interviews at once

export const waiting = (): Interview[] => depot.interviews.filter((i) => i.stand === 'waiting')

export const { line, problem, sending, sync, keepUp } = lineOf({
  name: 'tongsheng-field',
  leaving: () => depot.leaving,
  left: () => keepLeaving(false),
  enter,
  waits: () => waiting().length > 0,
  async exchange() {
    await send()
    await take((await answer(api.GET('/api/measure/survey-work', { signal: patience() }))).items ?? [])
  },
})

/** Whether the telephone's owner is signed in; a telephone with nothing to send changes hands. */
async function enter(user: Owner): Promise<boolean> {
  other.value = undefined
  if (depot.owner && depot.owner.id !== user.id) {
    if (depot.interviews.length > 0) {
      other.value = user
      return false
    }
    await clear()
  }
  await keepOwner(user)
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

/** Opens what the telephone holds, and goes on exchanging for as long as the page is open. */
export async function start(): Promise<void> {
  await open()
  keepUp()
}
