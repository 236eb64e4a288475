// What is taken along: the cases that wait for whoever carries the telephone, whole, with their
// types, where they are and the pictures in them. What did not change is not asked for again.
import { answer, api } from '@/shared/api/client.ts'
import { patience } from '@/shared/phone/line.ts'
import { asProblem } from '@/shared/api/problem.ts'
import type { Data, Spot } from '@/shared/case/field.ts'
import { formatOf } from './words.ts'
import type { View } from './course.ts'
import { depot, dropCase, keepCase, keepFetched, keepFile, keepType, tidy, typeOf, type Carried, type Point } from './depot.ts'

const longAgo = 6 * 3_600_000 // ms: what may be done can change without the case
const visit = 3_600_000 // ms that a case stays which was only looked at
const mostPictures = 30 // of a case
const atOnce = 50

/** Takes along what waits, and lets go of what does not. */
export async function fetchMine(): Promise<void> {
  const mine = new Set<string>()
  for (let after: string | undefined = ''; after !== undefined;) {
    const page: { items: Row[] | null; next?: string } = await answer(api.GET('/api/casework/cases', { params: { query: { mine: true, sort: 'due', limit: atOnce, after: after || undefined } }, signal: patience() }))
    for (const row of page.items ?? []) {
      mine.add(row.id)
      const had = depot.cases[row.id]
      if (had?.mine && had.view.entries === row.entries && Date.now() - had.fetched < longAgo) continue
      await carry(row.id, { mine: true, due: row.dueAt, overdue: row.overdue })
    }
    after = page.next
  }
  for (const [id, c] of Object.entries(depot.cases)) {
    if (mine.has(id)) continue
    if (!depot.deeds.some((d) => d.case === id)) {
      if (c.mine || Date.now() - c.fetched > visit) await dropCase(id)
    } else if (c.mine) await recarry(c)
  }
  await keepFetched(Date.now())
  await tidy()
  await fetchPictures().catch(() => undefined) // they come next time
}

/** Looks at a case anew that waits for its carrier no more, of which something is to be sent. */
async function recarry(c: Carried): Promise<void> {
  const of = { mine: false, overdue: false }
  try {
    await carry(c.view.id, of)
  } catch (thrown) {
    if (asProblem(thrown).status !== 404) throw thrown
    await keepCase({ ...c, ...of }) // it is not shown any more: somebody else has it
  }
}

type Row = { id: string; entries: number; dueAt?: string; overdue: boolean }

/** Takes a case along as it is now. */
export async function carry(id: string, of: Pick<Carried, 'mine' | 'due' | 'overdue'>): Promise<void> {
  await carryView(await answer(api.GET('/api/casework/cases/{id}', { params: { path: { id } }, signal: patience() })), of)
}

/** Takes a case along that the platform has just given. */
export async function carryView(view: View, of: Pick<Carried, 'mine' | 'due' | 'overdue'>): Promise<void> {
  if (!typeOf(view)) await keepType(await answer(api.GET('/api/casework/types/{code}', { params: { path: { code: view.type }, query: { version: view.version } }, signal: patience() })))
  const history = (await answer(api.GET('/api/casework/cases/{id}/history', { params: { path: { id: view.id } }, signal: patience() }))).items ?? []
  const had = depot.cases[view.id]
  const about = had ? { place: had.place, contact: had.contact } : await whereIs(view)
  await keepCase({ view, history, ...of, ...about, fetched: Date.now() })
}

const pointOf = (v: Spot | undefined): Point | undefined => (v?.lon !== undefined && v.lat !== undefined ? { lon: v.lon, lat: v.lat } : undefined)

/** Where a case is: where the device or the site stands that it is about, else a place that was filled in. */
async function whereIs(view: View): Promise<Pick<Carried, 'place' | 'contact'>> {
  const type = typeOf(view)
  const filled = Object.entries(view.data as Data).find(([id, v]) => type && formatOf(type, id) === 'place' && pointOf(v as Spot))?.[1] as Spot | undefined
  try {
    const about = view.subject && await register(type?.subject, view.subject.id)
    return { place: about?.position ?? pointOf(filled), contact: about?.contact }
  } catch (thrown) {
    if (asProblem(thrown).status === 0) throw thrown
    return { place: pointOf(filled) } // it is not shown to everybody
  }
}

/** What a register knows of a device or a site. */
async function register(kind: string | undefined, id: string): Promise<{ position?: Point; contact?: string } | undefined> {
  const asked = { params: { path: { id } }, signal: patience() }
  if (kind === 'device') return answer(api.GET('/api/assets/{id}', asked))
  if (kind === 'site') return answer(api.GET('/api/sites/{id}', asked))
}

/** The pictures that a case names. */
export function picturesOf(view: View): string[] {
  const type = typeOf(view)
  if (!type) return []
  return Object.entries(view.data as Data).flatMap(([id, v]) => (['file', 'signature'].includes(formatOf(type, id)) ? [v].flat() as string[] : []))
    .filter((id) => /\.(jpe?g|png|webp|gif)$/i.test(view.names[id] ?? '')).slice(0, mostPictures)
}

async function fetchPictures(): Promise<void> {
  for (const { view } of Object.values(depot.cases)) {
    for (const id of picturesOf(view)) {
      if (depot.files.has(id)) continue
      const response = await fetch(`/api/casework/files/${id}`, { signal: patience() })
      if (response.ok) await keepFile(await response.blob(), id)
    }
  }
}
