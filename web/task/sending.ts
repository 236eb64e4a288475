// Between the telephone and the platform: what was done is sent, then what waits is fetched.
import { ref } from 'vue'
import { answer, api, send } from '@/shared/api/client.ts'
import { Problem } from '@/shared/api/problem.ts'
import { t } from '@/shared/i18n.ts'
import { lineOf, patience, type Person } from '@/shared/phone/line.ts'
import type { View } from './course.ts'
import { depot, dropDeed, fileOf, handTo, keepDeed, keepFile, keepLeaving, leave, open, stillHere } from './depot.ts'
import { carryView, fetchMine } from './fetching.ts'
import { sendAll, type Deed, type Ways } from './queue.ts'

/** How many arrived since the page was opened. */
export const arrived = ref(0)

const longer = () => AbortSignal.timeout(120_000) // a picture over a poor network

const ways: Ways<View> = {
  still: stillHere,
  keep: keepDeed,
  async upload(file) {
    const content = await fileOf(file)
    if (!content) throw new Problem(410, 'task.file_lost', t('task.file_lost'))
    const name = (content as File).name || 'photo.jpg'
    return (await send<{ id: string }>(`/api/casework/files?name=${encodeURIComponent(name)}`, { method: 'POST', body: content, headers: { 'Content-Type': 'application/octet-stream' }, signal: longer() })).id
  },
  bring(deed, data) {
    const path = { id: deed.case }
    if (deed.kind === 'comment') return answer(api.POST('/api/casework/cases/{id}/comments', { params: { path }, body: { text: data.text as string, files: data.files as string[], key: deed.id }, signal: patience() }))
    return answer(api.POST('/api/casework/cases/{id}/steps', { params: { path }, body: { step: deed.step, data, key: deed.id, at: deed.at, seen: deed.seen || undefined }, signal: patience() }))
  },
  async arrived(deed, view) {
    for (const [here, there] of Object.entries(deed.sent)) { // what was photographed need not be fetched
      const content = await fileOf(here)
      if (content) await keepFile(content, there)
    }
    const had = depot.cases[deed.case]
    if (view && had) had.view = view
    await dropDeed(deed)
    arrived.value++
    if (view && had) await carryView(view, had).catch(() => undefined) // its history comes next time
  },
}

/** Everything that is done and is not there yet. */
export const waiting = (): Deed[] => depot.deeds.filter((d) => d.stand === 'waiting').sort((a, b) => a.n - b.n)

export const { line, problem, sending, sync, rest, keepUp } = lineOf({
  name: 'tongsheng-task',
  leaving: () => depot.leaving,
  left: () => keepLeaving(false),
  enter: async (who: Person) => { await handTo(who); return true },
  waits: () => waiting().length > 0,
  async exchange() {
    await sendAll(() => depot.deeds, ways)
    await fetchMine()
  },
})

/** A deed is done: it is kept as such, and sent as soon as it can be. */
export async function finish(deed: Deed): Promise<void> {
  const done: Partial<Deed> = { stand: 'waiting', at: deed.at || new Date().toISOString(), n: deed.at ? deed.n : Date.now(), why: undefined }
  await keepDeed({ ...deed, ...done })
  Object.assign(deed, done)
  if (line.value !== 'away') void sync()
}

/** The person leaves the telephone; the platform learns it now or when it can be reached. */
export async function signOut(): Promise<void> {
  await keepLeaving(true) // first: what is under way goes no further for them
  await rest()
  await leave()
  await sync()
}

/** Opens what the telephone holds, and goes on exchanging for as long as the page is open. */
export async function start(): Promise<void> {
  await open()
  keepUp()
}
