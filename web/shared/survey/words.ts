// Answers and quotas as people call them, never by the codes of a questionnaire.
import { findQuestion, say, type Answers, type Condition, type Form, type Question, type Quota } from './form.ts'

const comma = (language: string): string => (language.startsWith('zh') ? '、' : ', ')

/** What was answered to each question, in the questionnaire's order; what it does not ask stands last
    as it is. */
export function answerWords(form: Form, answers: Answers, language: string): { question: string; answer: string }[] {
  const asked = form.pages.flatMap((p) => p.questions)
  const known = asked.filter((q) => answers[q.id] !== undefined).map((q) => ({ question: say(q.title, language, form) || q.id, answer: said(form, q, answers[q.id], language) }))
  return [...known, ...Object.keys(answers).filter((id) => !asked.some((q) => q.id === id)).map((id) => ({ question: id, answer: plain(answers[id]) }))]
}

function said(form: Form, q: Question, answer: unknown, language: string): string {
  const named = (id: unknown): string => {
    const c = [...(q.choices ?? []), ...(q.nonresponse ?? [])].find((x) => x.id === id)
    return (c && say(c.title, language, form)) || plain(id)
  }
  if (Array.isArray(answer)) return answer.map(named).join(comma(language))
  if (typeof answer === 'object' && answer !== null) {
    if ('$' in answer) return named(answer.$)
    return Object.entries(answer).map(([row, x]) => `${say(q.rows?.find((r) => r.id === row)?.title, language, form) || row}: ${named(x)}`).join(comma(language))
  }
  const unit = q.kind === 'number' ? say(q.unit, language, form) : ''
  return unit ? `${plain(answer)} ${unit}` : named(answer)
}

const plain = (x: unknown): string => (typeof x === 'string' || typeof x === 'number' ? String(x) : JSON.stringify(x))

/** A quota's title, or else what those whom it counts answered. */
export const quotaName = (form: Form, quota: Quota, language: string): string => say(quota.title, language, form) || conditioned(form, quota.when, language) || quota.id

const signs: Record<string, string> = { eq: '', ne: '≠ ', lt: '< ', le: '≤ ', gt: '> ', ge: '≥ ', includes: '' }

function conditioned(form: Form, c: Condition | undefined, language: string): string {
  if (c?.all) return c.all.map((x) => conditioned(form, x, language)).filter(Boolean).join(' · ')
  const q = c?.question && findQuestion(form, c.question)?.question
  if (!c?.op || !q || !(c.op in signs)) return ''
  const value = `${signs[c.op]}${said(form, q, c.value, language)}`
  return q.choices && c.op === 'eq' ? value : `${say(q.title, language, form)} ${value}`
}
