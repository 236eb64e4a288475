// What somebody who repairs or inspects carries: their cases with their types, what they did and
// the files that go with it. All of it is in this browser's IndexedDB, of each account by itself:
// whoever signs in sees and sends only their own.
import { reactive } from 'vue'
import { onceToken, type Schemas } from '@/shared/api/client.ts'
import { Kept } from '@/shared/phone/kept.ts'
import type { Person } from '@/shared/phone/line.ts'
import type { Type, View } from './course.ts'
import { filesIn, localName, type Deed } from './queue.ts'

export type Happening = Schemas['DocketHappening']
export interface Point { lon: number; lat: number }

/** A case as the platform last gave it. */
export interface Carried {
  view: View
  history: Happening[]
  mine: boolean // it waits for its carrier; else it was looked at
  due?: string
  overdue: boolean
  place?: Point
  contact?: string // whom to ring about what it is about
  fetched: number // ms
}

interface Depot {
  who?: Person // whose things these are
  leaving: boolean // signed out here, not yet at the platform
  elsewhere: Record<string, number> // what of other accounts waits on this telephone, by account
  cases: Record<string, Carried>
  types: Record<string, Type> // by code and version
  deeds: Deed[]
  order: string[] // of the day, as it was changed by hand; empty where it was not
  fetched: number // ms; 0 for never
  files: Set<string> // those that are kept
}

const ofPerson = () => ({ cases: {}, types: {}, deeds: [], order: [], fetched: 0, files: new Set<string>() })
export const depot = reactive<Depot>({ leaving: false, elsewhere: {}, ...ofPerson() }) as Depot

let phone: Kept // of all accounts: who is here, and what of whom waits
let own: Kept | undefined

export const typeKey = (code: string, version: number): string => `${code}.${version}`
export const typeOf = (view: Pick<View, 'type' | 'version'>): Type | undefined => depot.types[typeKey(view.type, view.version)]

/** What was done to a case, the first first; drafts are not done yet. */
export const doneTo = (id: string): Deed[] => depot.deeds.filter((d) => d.case === id && d.stand !== 'draft').sort((a, b) => a.n - b.n)

/** The steps of a case that wait to be sent; none where one is stuck, since nothing follows it. */
export function stepsDone(id: string): string[] {
  const done = doneTo(id)
  return done.some((d) => d.stand === 'stuck') ? [] : done.filter((d) => d.kind === 'step').map((d) => d.step)
}

/** Reads what the telephone holds. */
export async function open(): Promise<void> {
  phone ??= await Kept.open('tongsheng-task')
  depot.elsewhere = {}
  for (const [key, value] of await phone.all()) {
    if (key.startsWith('waits:')) depot.elsewhere[key.slice(6)] = value as number
    else if (key === 'leaving') depot.leaving = true
  }
  const who = await phone.get<Person>('who')
  if (who) await take(who)
}

async function take(who: Person): Promise<void> {
  own = await Kept.open(`tongsheng-task.${who.id}`)
  const found: Pick<Depot, 'cases' | 'types' | 'deeds' | 'order' | 'fetched' | 'files'> = ofPerson()
  for (const [key, value] of await own.all()) {
    const [kind, id] = [key.slice(0, key.indexOf(':')), key.slice(key.indexOf(':') + 1)]
    if (kind === 'case') found.cases[id] = value as Carried
    else if (kind === 'type') found.types[id] = value as Type
    else if (kind === 'deed') found.deeds.push(value as Deed)
    else Object.assign(found, { [key]: value })
  }
  found.files = new Set(await own.files())
  delete depot.elsewhere[who.id]
  Object.assign(depot, found, { who })
}

/** The telephone is this person's from now on; what another did waits for that one. */
export async function handTo(who: Person): Promise<void> {
  if (depot.who?.id !== who.id) {
    await note()
    await take(who)
  }
  depot.who = who
  await phone.put('who', who)
}

/** Notes how much of whose waits here. */
async function note(): Promise<void> {
  if (!depot.who) return
  const key = `waits:${depot.who.id}`
  if (!depot.deeds.length) return phone.drop(key)
  await phone.put(key, depot.deeds.length)
}

/** The person leaves the telephone. What was not sent yet stays for their next time, with its cases;
    nothing else does. */
export async function leave(): Promise<void> {
  for (const id of Object.keys(depot.cases)) if (!depot.deeds.some((d) => d.case === id)) await dropCase(id)
  await tidy()
  await note()
  if (!depot.deeds.length) await own?.clear()
  else depot.elsewhere[depot.who!.id] = depot.deeds.length
  own = undefined
  Object.assign(depot, ofPerson(), { who: undefined })
  await phone.drop('who')
}

export const keepLeaving = (leaving: boolean) => { depot.leaving = leaving; return leaving ? phone.put('leaving', true) : phone.drop('leaving') }

// Cases and types.

export async function keepType(type: Type): Promise<void> {
  const key = typeKey(type.type, type.version)
  depot.types[key] = type
  await own!.put(`type:${key}`, type)
}

export async function keepCase(c: Carried): Promise<void> {
  depot.cases[c.view.id] = c
  await own!.put(`case:${c.view.id}`, c)
}

export async function dropCase(id: string): Promise<void> {
  delete depot.cases[id]
  await own!.drop(`case:${id}`)
}

export const keepOrder = (order: string[]) => { depot.order = order; return own!.put('order', order) }
export const keepFetched = (at: number) => { depot.fetched = at; return own!.put('fetched', at) }

/** Forgets types and files that nothing carried names any more. */
export async function tidy(): Promise<void> {
  const views = Object.values(depot.cases).map((c) => c.view)
  const types = new Set(views.map((v) => typeKey(v.type, v.version)))
  for (const key of Object.keys(depot.types)) {
    if (types.has(key)) continue
    delete depot.types[key]
    await own!.drop(`type:${key}`)
  }
  const named = new Set([...depot.deeds.flatMap((d) => filesIn(d.data)), ...views.flatMap((v) => Object.keys(v.names))])
  for (const file of depot.files) if (!named.has(file)) await dropFile(file)
}

// Deeds and their files.

/** Begins something that is to be done to a case; nothing of it is sent before it is finished. */
export function begin(of: View, what: Pick<Deed, 'kind' | 'step' | 'name'>): Deed {
  depot.deeds.push({ ...what, id: onceToken(), n: Date.now(), case: of.id, number: of.number, title: of.title, data: {}, at: '', seen: 0, sent: {}, stand: 'draft' })
  return depot.deeds.at(-1)!
}

export const keepDeed = async (d: Deed) => { await own!.put(`deed:${d.id}`, d); await note() }
export const stillHere = async (d: Deed): Promise<boolean> => (await own!.get(`deed:${d.id}`)) !== undefined

/** Lets a deed go. Its files go with it, unless the platform has them under their own names by now. */
export async function dropDeed(d: Deed): Promise<void> {
  depot.deeds = depot.deeds.filter((x) => x.id !== d.id)
  await own!.drop(`deed:${d.id}`)
  await note()
  const wanted = new Set(depot.deeds.flatMap((x) => filesIn(x.data)))
  for (const file of filesIn(d.data)) if (!wanted.has(file)) await dropFile(file)
}

/** Puts others in a deed's place. */
export async function replace(d: Deed, by: Deed[]): Promise<void> {
  for (const one of by) await own!.put(`deed:${one.id}`, one)
  depot.deeds.push(...by)
  await dropDeed(d)
}

export async function keepFile(content: Blob, name = localName(onceToken())): Promise<string> {
  await own!.putFile(name, content)
  depot.files.add(name)
  return name
}

export const fileOf = (name: string): Promise<Blob | undefined> => own!.file(name)

async function dropFile(name: string): Promise<void> {
  depot.files.delete(name)
  await own!.dropFile(name)
}
