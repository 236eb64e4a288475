// What was done and is not at the platform yet. Of each case the first is sent first, its files
// before itself, each under a key by which the platform takes it once. What the platform refuses
// stays, with the reason, and holds back what follows it in the same case until its owner decides.
import type { Schemas } from '@/shared/api/client.ts'
import { asProblem, type ProblemPlace } from '@/shared/api/problem.ts'
import { passing } from '@/shared/phone/line.ts'

/** draft: being filled in. waiting: done, to be sent. stuck: the platform said why not. */
export type Stand = 'draft' | 'waiting' | 'stuck'

export interface Deed {
  id: string // the key
  n: number // in the order in which things were done
  case: string
  number: string // of the case, and what it is called: also when it is no longer carried
  title: string
  kind: 'step' | 'comment'
  step: string // empty of a comment
  name: Schemas['ProcedureWords']
  data: Record<string, unknown> // files by the names under which the telephone keeps them
  at: string // when it was done
  seen: number // entries that the case had; 0 where it may be sent later
  sent: Record<string, string> // files that the platform has, by its ids
  stand: Stand
  why?: { code: string; detail: string; places: ProblemPlace[] }
}

const here = 'local:'

/** The name of a new file. */
export const localName = (token: string): string => here + token
export const isLocal = (v: unknown): v is string => typeof v === 'string' && v.startsWith(here)

/** The files in something that was filled in, as they stand on the telephone. */
export function filesIn(v: unknown): string[] {
  if (isLocal(v)) return [v]
  return v && typeof v === 'object' ? Object.values(v).flatMap(filesIn) : []
}

/** The same with the files by the platform's ids. */
export function withSent(v: unknown, sent: Record<string, string>): unknown {
  if (isLocal(v)) return sent[v]
  if (Array.isArray(v)) return v.map((x) => withSent(x, sent))
  return v && typeof v === 'object' ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, withSent(x, sent)])) : v
}

/** What the queue does with the telephone and the platform. */
export interface Ways<V> {
  still(deed: Deed): Promise<boolean> // on the disk: another page may have sent it
  keep(deed: Deed): Promise<void>
  upload(file: string): Promise<string>
  bring(deed: Deed, data: Record<string, unknown>): Promise<V>
  arrived(deed: Deed, view?: V): Promise<void>
}

/** The first of each case that is done, unless it is stuck. */
export function heads(deeds: Deed[]): Deed[] {
  const first = new Map<string, Deed>()
  for (const d of deeds.filter((d) => d.stand !== 'draft').sort((a, b) => a.n - b.n)) if (!first.has(d.case)) first.set(d.case, d)
  return [...first.values()].filter((d) => d.stand === 'waiting')
}

/** Sends what waits. Ends when nothing more can be sent; throws what is to be tried again. */
export async function sendAll<V>(deeds: () => Deed[], ways: Ways<V>): Promise<void> {
  for (let next = heads(deeds())[0]; next; next = heads(deeds())[0]) await sendOne(next, ways)
}

async function sendOne<V>(deed: Deed, ways: Ways<V>, again = false): Promise<void> {
  if (!(await ways.still(deed))) return ways.arrived(deed)
  try {
    for (const file of filesIn(deed.data)) {
      if (deed.sent[file]) continue
      deed.sent[file] = await ways.upload(file)
      await ways.keep(deed)
    }
    await ways.arrived(deed, await ways.bring(deed, withSent(deed.data, deed.sent) as Record<string, unknown>))
  } catch (thrown) {
    const p = asProblem(thrown)
    if (passing(p)) throw p
    if (p.code === 'casework.key.other') return ways.arrived(deed) // it came before, and the answer was lost
    if (p.code === 'casework.file.unknown' && !again && Object.keys(deed.sent).length) {
      deed.sent = {} // files that waited too long for what names them are forgotten there
      return sendOne(deed, ways, true)
    }
    Object.assign(deed, { stand: 'stuck', why: { code: p.code, detail: p.detail, places: p.places } } satisfies Partial<Deed>)
    await ways.keep(deed)
  }
}

/** How much a comment takes. */
const most = { text: 4000, files: 10 }

/** A deed as comments on its case: what was filled in as text, with its files, in its place. */
export function asComments(deed: Deed, text: string, key: () => string): Deed[] {
  const files = filesIn(deed.data)
  const parts = Math.max(1, Math.ceil(files.length / most.files))
  return Array.from({ length: parts }, (_, i): Deed => ({
    ...deed, id: key(), n: deed.n + i / 1000, kind: 'comment', step: '', stand: 'waiting', why: undefined, seen: 0,
    data: { text: i === 0 ? text.slice(0, most.text) : '', files: files.slice(i * most.files, (i + 1) * most.files) },
  }))
}
