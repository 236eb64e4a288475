// What the platform says of an answer that it does not take, as a fault of the questionnaire.
import { faultCodes, type Fault, type FaultCode } from '@/shared/survey/form.ts'
import type { Refusal } from './depot.ts'

const ofAnswers = 'measure.survey.answer.'

/** The fault of one answer that a refusal is about; undefined for what is of the whole interview. */
export function answerFault(r: Refusal): Fault | undefined {
  const code = r.code.startsWith(ofAnswers) ? r.code.slice(ofAnswers.length) : ''
  if (!(faultCodes as readonly string[]).includes(code)) return undefined
  const [list, question, row] = r.at.split('.')
  return list === 'answers' && question ? { question, ...(row ? { row } : {}), code: code as FaultCode } : undefined
}
