// What is wrong with an answer, as people are told it: the same sentences on the phone, on the
// television, on the interviewer's device and from the server (internal/archtest compares them).
import en from '../locales/en/fault.json'
import zh from '../locales/zh/fault.json'
import { fill, type Lang } from '../fill.ts'
import { findQuestion, maxAnswer, say, type Fault, type Form, type Question } from './form.ts'

const catalogues: Record<Lang, Record<string, string>> = { zh, en }

/** The key of the sentence for a fault and the limit that it names, as on the server. */
function sentenceOf(q: Question | undefined, code: string): { key: string; limit?: string | number } {
  if (code === 'type') return { key: q && ['number', 'scale', 'grid'].includes(q.kind) ? 'number' : q?.kind === 'date' ? 'day' : code }
  if (code === 'low') return q?.kind === 'date' ? { key: 'early', limit: q.earliest } : { key: code, limit: q?.min ?? q?.scale?.low }
  if (code === 'high') return q?.kind === 'date' ? { key: 'late', limit: q.latest } : { key: code, limit: q?.max ?? q?.scale?.high }
  if (code === 'few') return { key: code, limit: q?.min ?? 1 }
  if (code === 'many') return { key: code, limit: q?.max }
  if (code === 'long') return { key: code, limit: q?.length || maxAnswer }
  return { key: code }
}

/** The sentence for a fault. What the questionnaire's author wrote for a constraint goes before
    ours; language is the questionnaire's, lang the reader's. */
export function faultWords(form: Form, fault: Fault, language: string, lang: Lang): string {
  const q = findQuestion(form, fault.question)?.question
  const words = catalogues[lang]
  const own = fault.code === 'constraint' ? say(q?.message, language, form) : ''
  const { key, limit } = sentenceOf(q, fault.code)
  const sentence = own || fill(words[`survey.fault.${key}`] ?? fault.code, { limit, question: say(q?.title, language, form) || fault.question }, lang)
  const row = fault.row && say(q?.rows?.find((r) => r.id === fault.row)?.title, language, form)
  return row ? fill(words['survey.fault.at']!, { row, fault: sentence }, lang) : sentence
}
