// What a television asks the platform about a survey.
import type { components } from '@/shared/api/schema.d.ts'
import type { Answers } from '@/shared/survey/form.ts'
import type { Lang } from '@/shared/terminal/words.ts'
import type { Asked } from './offers.ts'

export type Handed = components['schemas']['SurveyHanded']

/** What the platform refused, with its sentence; status 0 is no answer at all. */
export class Refused extends Error {
  constructor(readonly status: number, readonly code: string, message: string) { super(message) }
  get passing(): boolean { return this.status === 0 || this.status >= 500 || ['measure.survey.soon', 'measure.survey.pass'].includes(this.code) }
}

async function call<T>(path: string, lang: Lang, body?: unknown): Promise<T> {
  let response: Response
  try {
    response = await fetch(`/api/public/surveys/${path}`, {
      method: body === undefined ? 'GET' : 'POST', headers: { 'Content-Type': 'application/json', 'Accept-Language': lang === 'zh' ? 'zh-CN' : 'en' },
      body: body === undefined ? undefined : JSON.stringify(body), signal: AbortSignal.timeout(15_000),
    })
  } catch {
    throw new Refused(0, '', '')
  }
  const said = (await response.json().catch(() => ({}))) as T & { code?: string; detail?: string }
  if (!response.ok) throw new Refused(response.status, said.code ?? '', said.detail ?? '')
  return said
}

export const askFor = (id: string, lang: Lang): Promise<Asked> => call<Asked>(id, lang)

export interface Given { id: string; version: number; lang: string; place: string; started: number; answers: Answers }

/** Sends an answer; sent again under its id it is kept once. */
export const giveAnswer = async (survey: string, pass: string, given: Given, lang: Lang): Promise<'taken' | 'full'> =>
  (await call<{ became: 'taken' | 'full' }>(`${survey}/answers`, lang, { ...given, pass, token: '', mode: 'tv' })).became

/** Keeps what was answered for a telephone that goes on at a question. */
export const handOver = (survey: string, pass: string, at: { version: number; place: string; question: string; answers: Answers }, lang: Lang): Promise<Handed> =>
  call<Handed>(`${survey}/handovers`, lang, { ...at, pass })

/** Whether no telephone has taken it up; or takes it back, and says whether it was still there. */
export const waits = async (key: string, withdraw: boolean, lang: Lang): Promise<boolean> => (await call<{ waiting: boolean }>('handovers', lang, { key, withdraw })).waiting
