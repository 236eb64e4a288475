import { expect, test } from 'vitest'
import type { Form } from '@/shared/survey/form.ts'
import { answered, answerOf, middle, needsPhone, stepsOf, turnDay } from './steps.ts'

const said = (zh: string) => ({ zh })
const form: Form = {
  id: 'f', version: '1', languages: ['zh'], title: said('问卷'), pages: [{ questions: [
    { id: 'heard', kind: 'single', title: said('听到过吗'), choices: [{ id: 'yes', title: said('是') }, { id: 'no', title: said('否') }] },
    { id: 'rate', kind: 'grid', title: said('评价'), show: { question: 'heard', op: 'eq', value: 'yes' }, scale: { low: 1, high: 5 }, rows: [{ id: 'news', title: said('新闻') }, { id: 'warn', title: said('预警') }] },
    { id: 'wish', kind: 'text', title: said('愿望') },
  ] }],
}

test('a grid is asked row by row, and only of whom it is asked', () => {
  const named = (a: object) => stepsOf(form, { ...a }, 's').map((s) => [s.q.id, s.row].filter(Boolean).join('.'))
  expect(named({})).toEqual(['heard', 'wish'])
  expect(named({ heard: 'yes' })).toEqual(['heard', 'rate.news', 'rate.warn', 'wish'])
})

test('answers are set and taken away, row by row', () => {
  const [, news, warn] = stepsOf(form, { heard: 'yes' }, 's')
  let a = answered(answered({ heard: 'yes' }, news!, 4), warn!, 2)
  expect(a).toEqual({ heard: 'yes', rate: { news: 4, warn: 2 } })
  expect(answerOf(a, warn!)).toBe(2)
  a = answered(a, { q: form.pages[0]!.questions[0]! }, undefined)
  expect(answerOf(a, { q: form.pages[0]!.questions[0]! })).toBeUndefined()
})

test('what a remote control cannot say goes to a telephone', () => {
  const q = (kind: 'text' | 'number' | 'date' | 'single', more = {}) => ({ id: 'q', kind, title: said('题'), ...more })
  expect([q('text'), q('number'), q('number', { integer: true }), q('date'), q('single')].map(needsPhone)).toEqual([true, true, false, false, false])
  expect([middle(q('number', { min: 18, max: 110 })), middle(q('number', { min: 5 })), middle(q('number')), middle(q('number', { max: -3 }))]).toEqual([64, 5, 0, -3])
})

test('a dial of days stays on days of the calendar', () => {
  expect(turnDay('2024-02-29', 0, 1)).toBe('2025-02-28')
  expect(turnDay('2026-01-31', 1, 1)).toBe('2026-02-28')
  expect(turnDay('2026-01-15', 1, -1)).toBe('2026-12-15')
  expect(turnDay('2026-02-28', 2, 1)).toBe('2026-02-01')
  expect(turnDay('2026-03-01', 2, -10)).toBe('2026-03-22')
})
