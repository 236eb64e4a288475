// What the pages of surveys share: types, a survey as it was read, changes of it.
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { answer, api, tagged, type Schemas } from '@/shared/api/client.ts'
import type { Condition, Form, Kind, Question } from '@/shared/survey/form.ts'
import { findQuestion, say } from '@/shared/survey/form.ts'
import { lang, t } from '@/shared/i18n.ts'

export type Survey = Schemas['Survey']
export type Settings = Schemas['SurveySettings']
export type Plan = Schemas['SurveyPlan']
export type Grouping = Schemas['SurveyGrouping']
type Stratum = Schemas['SurveyStratumProgress']
export type Results = Schemas['SurveyResults']

export const kinds: Kind[] = ['single', 'several', 'scale', 'number', 'text', 'date', 'grid', 'note']

/** The languages that a questionnaire may be asked in: those that are offered, and whatever it has beside them. */
export const offeredLanguages = (has: readonly string[]): string[] => [...new Set(['zh', 'en', 'bo', 'ug', 'mn', 'kk', 'ko', 'ii', 'za', 'ja', 'fr', 'de', 'es', 'ru', 'ar', ...has])]

/** A list with one taken out of it, or else put at its end. */
export const toggled = (list: readonly string[], one: string): string[] => (list.includes(one) ? list.filter((x) => x !== one) : [...list, one])

/** A survey and its tag, and what to do once it has changed. */
export function useSurvey(id: Ref<string>) {
  const client = useQueryClient()
  const query = useQuery({ queryKey: ['survey', id], queryFn: () => tagged(api.GET('/api/measure/surveys/{id}', { params: { path: { id: id.value } } })) })
  const survey = computed(() => query.data.value?.data as Survey | undefined)
  const head = computed(() => ({ path: { id: id.value }, header: { 'If-Match': query.data.value?.etag ?? '' } }))
  const changed = async () => {
    await client.invalidateQueries({ queryKey: ['survey', id.value] })
    await client.invalidateQueries({ queryKey: ['surveys'] })
  }
  return { survey, head, changed, error: query.error }
}

/** All surveys, page by page. */
export async function listSurveys(): Promise<{ items: Survey[]; total: number }> {
  const items: Survey[] = []
  for (let after: string | undefined; ;) {
    const page = await answer(api.GET('/api/measure/surveys', { params: { query: { limit: 500, after } } }))
    items.push(...((page.items ?? []) as Survey[]))
    if (!page.next) return { items, total: page.total }
    after = page.next
  }
}

/** The questions that can tell groups of a sample apart: everybody answers them with a choice. */
export const tellsApart = (form: Form): Question[] => form.pages.filter((p) => !p.show).flatMap((p) => p.questions)
  .filter((q) => q.kind === 'single' && q.required && !q.show && !q.nonresponse?.length && (q.choices?.length ?? 0) > 1 && q.choices!.length <= 12 && !q.choices!.some((c) => c.show))

/** Groups by a question, of which nothing is known yet; none without a question. */
export const grouping = (question: string): Grouping | undefined => (question ? { question, source: '', shares: [{ of: '', shares: {} }] } : undefined)

export const sumOf = (shares: Record<string, number>): number => Object.values(shares).reduce((n, x) => n + x, 0)

/** Whether all is entered that groups take: shares of every choice that add up, and their source. */
export const complete = (form: Form, g: Grouping): boolean => !!g.source && g.shares.every((r) =>
  Math.abs(sumOf(r.shares) - 1) <= 0.001 && !!findQuestion(form, g.question)?.question.choices?.every((c) => (r.shares[c.id] ?? 0) > 0))

/** How many answered in some strata of a district; null where that is not told: of groups to who does not run the survey, and of few. */
export function doneIn(strata: readonly Stratum[], district: string, wanted: (x: Stratum) => boolean): number | null {
  const here = strata.filter((s) => s.id.split('.')[0] === district && wanted(s))
  return here.length && !here.some((s) => s.few) ? here.reduce((n, s) => n + s.done, 0) : null
}

/** A new id that no question of the form has. */
export function freshId(form: Form, stem: string): string {
  for (let n = 1; ; n++) if (!findQuestion(form, `${stem}${n}`)) return `${stem}${n}`
}

/** A question of a kind that could be asked at once. */
export function newQuestion(form: Form, kind: Kind): Question {
  const text = () => Object.fromEntries(form.languages.map((l) => [l, '']))
  const choice = (id: string) => ({ id, title: text() })
  const q: Question = { id: freshId(form, 'q'), kind, title: text() }
  if (kind === 'single' || kind === 'several') q.choices = [choice('a'), choice('b')]
  if (kind === 'scale' || kind === 'grid') q.scale = { low: 1, high: 5, lowTitle: text(), highTitle: text() }
  if (kind === 'grid') q.rows = [choice('r1'), choice('r2')]
  return q
}

/** A condition in words. */
export function conditionWords(form: Form, c: Condition | undefined): string {
  if (!c) return t('survey.always')
  if (c.all) return c.all.map((x) => conditionWords(form, x)).join(t('survey.and'))
  if (c.any) return c.any.map((x) => conditionWords(form, x)).join(t('survey.or'))
  if (c.not) return t('survey.not', { what: conditionWords(form, c.not) })
  const q = findQuestion(form, c.question ?? '')?.question
  const named = [...(q?.choices ?? []), ...(q?.nonresponse ?? [])].find((x) => x.id === c.value)
  return t('survey.condition', { question: q ? say(q.title, lang.value, form) || q.id : c.question ?? '', op: t(`survey.op.${c.op}`), value: named ? say(named.title, lang.value, form) : String(c.value ?? '') })
}
