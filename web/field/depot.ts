// What an interviewer carries: their work, the questionnaires, and what people said. All of it is
// in this browser's IndexedDB; an interview leaves it once the platform has said that it has it.
import { reactive } from 'vue'
import { onceToken, type Schemas } from '@/shared/api/client.ts'
import { Kept } from '@/shared/phone/kept.ts'
import type { Person } from '@/shared/phone/line.ts'
import type { Answers, Form } from '@/shared/survey/form.ts'

export type Work = Schemas['SurveyWork']
export type Place = Schemas['SurveyPlace']
export type Refusal = Schemas['SurveyRefusal'] & { message?: string }

/** draft: being asked. waiting: finished, to be sent. refused: the platform said why not. */
export type Stand = 'draft' | 'waiting' | 'refused'

export interface Interview {
  id: string // by which the platform keeps it once, however often it is sent
  survey: string
  version: number
  place: string
  where: { zh: string; en: string } // its name, also when it is no longer the interviewer's
  lang: string // of the questionnaire
  started: number // s
  page: number // of the questionnaire; -1 before the first
  answers: Answers
  stand: Stand
  faults: Refusal[]
}

/** Something that changed while the telephone was away: a quota or a stratum that filled. */
export interface News { key: string; survey: string; zh: string; en: string; area?: string; what: 'quota' | 'stratum'; groupZh?: string; groupEn?: string }

export type Owner = Person

interface Depot {
  owner?: Owner
  works: Work[]
  fetched: number // ms; 0 for never
  forms: Record<string, Form> // by survey and version
  interviews: Interview[]
  news: News[]
  leaving: boolean // signed out here, not yet at the platform
}

const empty = (): Depot => ({ owner: undefined, works: [], fetched: 0, forms: {}, interviews: [], news: [], leaving: false })

export const depot = reactive<Depot>(empty()) as Depot

let kept: Kept

const put = (key: string, value: unknown) => kept.put(key, value)
const drop = (key: string) => kept.drop(key)

export const formKey = (survey: string, version: number): string => `${survey}.${version}`
export const formOf = (i: Pick<Interview, 'survey' | 'version'>): Form | undefined => depot.forms[formKey(i.survey, i.version)]

/** Reads what the telephone holds. */
export async function open(): Promise<void> {
  kept ??= await Kept.open('tongsheng-field')
  const found = empty()
  for (const [key, value] of await kept.all()) {
    if (key.startsWith('interview:')) found.interviews.push(value as Interview)
    else if (key.startsWith('form:')) found.forms[key.slice(5)] = value as Form
    else Object.assign(found, { [key]: value })
  }
  found.interviews.sort((a, b) => a.started - b.started)
  Object.assign(depot, found)
}

export const keepOwner = (owner: Owner) => { depot.owner = owner; return put('owner', owner) }
export const keepLeaving = (leaving: boolean) => { depot.leaving = leaving; return leaving ? put('leaving', true) : drop('leaving') }

/** Begins an interview and keeps it at once. */
export async function begin(work: Work, at: Place, lang: string): Promise<Interview> {
  depot.interviews.push({ id: onceToken(), survey: work.asked.id, version: work.asked.version, place: at.code, where: { zh: at.within + at.nameZh, en: at.nameEn || at.nameZh }, lang, started: Math.floor(Date.now() / 1000), page: -1, answers: {}, stand: 'draft', faults: [] })
  const i = depot.interviews.at(-1)!
  await keep(i)
  return i
}

/** Keeps an interview as it is now; resolves once it is on the disk. */
export const keep = (i: Interview) => put(`interview:${i.id}`, i)

/** Lets an interview go: the platform has it, or it is given up. */
export async function letGo(i: Interview): Promise<void> {
  await drop(`interview:${i.id}`)
  depot.interviews = depot.interviews.filter((x) => x.id !== i.id)
  await tidy()
}

/** Takes the work as the platform gave it, and says what filled meanwhile. */
export async function take(works: Work[]): Promise<void> {
  const known = new Set(depot.news.map((n) => n.key))
  for (const now of works) {
    const before = depot.works.find((w) => w.asked.id === now.asked.id)
    if (before) depot.news.push(...filled(before, now).filter((n) => !known.has(n.key)))
    const key = formKey(now.asked.id, now.asked.version)
    depot.forms[key] = now.asked.form as unknown as Form
    await put(`form:${key}`, depot.forms[key])
  }
  depot.works = works
  depot.fetched = Date.now()
  await Promise.all([put('works', works), put('fetched', depot.fetched), put('news', depot.news)])
  await tidy()
}

/** The quotas and strata that were short before and are not now. */
export function filled(before: Work, now: Work): News[] {
  const form = now.asked.form as unknown as Form
  const news = (what: News['what'], id: string, zh: string, en: string, more?: Pick<News, 'area' | 'groupZh' | 'groupEn'>): News => ({ key: `${now.asked.id} ${what} ${id}`, survey: now.asked.id, what, zh, en, ...more })
  const count = (w: Work, quota: string) => w.full?.[quota] ?? 0 // work that was taken before has none
  return [
    ...(form.quotas ?? []).filter((q) => count(before, q.id) < q.wanted && count(now, q.id) >= q.wanted)
      .map((q) => news('quota', q.id, q.title?.zh || q.id, q.title?.en || q.title?.zh || q.id)),
    ...(now.strata ?? []).filter((s) => s.wanted > 0 && s.done >= s.wanted && (before.strata ?? []).some((b) => b.id === s.id && b.done < b.wanted))
      .map((s) => news('stratum', s.id, s.nameZh, s.nameEn, { area: s.area, groupZh: s.groupZh, groupEn: s.groupEn })),
  ]
}

export const dismiss = (n: News) => {
  depot.news = depot.news.filter((x) => x.key !== n.key)
  return put('news', depot.news)
}

/** Forgets questionnaires that nobody is asked any more. */
async function tidy(): Promise<void> {
  const used = new Set([...depot.works.map((w) => formKey(w.asked.id, w.asked.version)), ...depot.interviews.map((i) => formKey(i.survey, i.version))])
  for (const key of Object.keys(depot.forms)) {
    if (used.has(key)) continue
    delete depot.forms[key]
    await drop(`form:${key}`)
  }
}

/** Forgets everything. */
export async function clear(): Promise<void> {
  await kept.clear()
  Object.assign(depot, empty())
}
