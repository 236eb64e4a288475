// A questionnaire as a television asks it: a question to a screen, a grid row by row.
import { findQuestion, offered, visible, type Answers, type Form, type Question } from '@/shared/survey/form.ts'

export interface Step { q: Question; row?: string }

/** The screens that these answers lead through, in order. */
export const stepsOf = (form: Form, answers: Answers, seed: string): Step[] => visible(form, answers).flatMap((id): Step[] => {
  const q = findQuestion(form, id)!.question
  return q.kind === 'grid' ? offered(form, q, answers, seed).map((r) => ({ q, row: r.id })) : [{ q }]
})

/** Whether arrows and OK cannot answer it. */
export const needsPhone = (q: Question): boolean => q.kind === 'text' || (q.kind === 'number' && !q.integer)

/** What a question of a step is answered with now. */
export const answerOf = (answers: Answers, { q, row }: Step): unknown =>
  row === undefined ? answers[q.id] : (answers[q.id] as Record<string, unknown> | undefined)?.[row]

/** The answers with another to a step; undefined takes it away. */
export function answered(answers: Answers, { q, row }: Step, value: unknown): Answers {
  const rest = { ...answers }
  if (row !== undefined) rest[q.id] = { ...(answers[q.id] as object | undefined), [row]: value }
  else if (value === undefined) delete rest[q.id]
  else rest[q.id] = value
  return rest
}

/** A day turned by its year (0), month (1) or day (2), kept a day of the calendar: 2024-02-29 by
    a year is 2025-02-28. */
export function turnDay(day: string, part: number, by: number): string {
  const [y, m, d] = day.split('-').map(Number) as [number, number, number]
  const [year, month] = part === 0 ? [y + by, m] : part === 1 ? [y, ((m - 1 + by + 1200) % 12) + 1] : [y, m]
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate()
  const date = part === 2 ? ((d - 1 + by + length * 100) % length) + 1 : Math.min(d, length)
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(date).padStart(2, '0')}`
}

/** Where a number's dial stands before anybody turned it. */
export const middle = ({ min, max }: Question): number => (min !== undefined && max !== undefined ? Math.round((min + max) / 2) : (min ?? Math.min(0, max ?? 0)))
