// What is wrong with an answer, as people are told it: the same sentences on the phone, on the
// television, on the interviewer's device and from the server (internal/archtest compares them).
import en from '../locales/en/fault.json'
import zh from '../locales/zh/fault.json'
import { fill, type Lang } from '../fill.ts'
import { findQuestion, say, type Fault, type Form } from './form.ts'

const catalogues: Record<Lang, Record<string, string>> = { zh, en }

/** The sentence for a fault. What the questionnaire's author wrote for a constraint goes before
    ours; language is the questionnaire's, lang the reader's. */
export function faultWords(form: Form, fault: Fault, language: string, lang: Lang): string {
  const q = findQuestion(form, fault.question)?.question
  const words = catalogues[lang]
  const own = fault.code === 'constraint' ? say(q?.message, language, form) : ''
  const sentence = own || fill(words[`survey.fault.${fault.code}`] ?? fault.code, { question: say(q?.title, language, form) || fault.question }, lang)
  const row = fault.row && say(q?.rows?.find((r) => r.id === fault.row)?.title, language, form)
  return row ? fill(words['survey.fault.at']!, { row, fault: sentence }, lang) : sentence
}
