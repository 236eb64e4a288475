// The browser's evaluator against the cases that engine/survey holds itself to.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as survey from './form.ts'

interface Case {
  what?: string
  answers: survey.Answers
  visible: string[]
  clean: survey.Answers
  faults: survey.Fault[]
  pages: number[]
  quotas: string[]
  full: string[]
  orders?: Record<string, number[]>
  offered?: Record<string, string[]>
}
const read = (name: string) => JSON.parse(readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8')) as { form: survey.Form; cases: Case[] }[]

function follow(form: survey.Form, answers: survey.Answers): Omit<Case, 'what'> {
  const pages: number[] = []
  for (let p = survey.nextPage(form, answers, -1); p < form.pages.length; p = survey.nextPage(form, answers, p)) pages.push(p)
  const counts = Object.fromEntries((form.quotas ?? []).map((q, i) => [q.id, 5 * (1 - (i % 2))]))
  const filtered = form.pages.flatMap((p) => p.questions).filter((q) => q.choices?.some((c) => c.show))
  const shuffled = form.pages.flatMap((p) => p.questions).filter((q) => q.shuffle)
  return {
    answers,
    visible: survey.visible(form, answers),
    ...survey.check(form, answers),
    pages,
    quotas: survey.inQuotas(form, answers, 'a'),
    full: survey.fullQuotas(form, answers, 'a', 0, counts),
    ...(filtered.length ? { offered: Object.fromEntries(filtered.map((q) => [q.id, survey.offered(form, q, answers, 'respondent').map((c) => c.id)])) } : {}),
    ...(shuffled.length ? { orders: Object.fromEntries(shuffled.map((q) => [q.id, survey.order(q, 'respondent')])) } : {}),
  }
}

for (const name of ['cases.json', 'parity.json']) {
  test(`${name}: the same as on the server`, () => {
    let n = 0
    for (const { form, cases } of read(name)) {
      for (const { what, ...want } of cases) {
        expect(follow(form, want.answers), what ?? `${name} ${n}`).toEqual(want)
        n++
      }
    }
    expect(n).toBeGreaterThan(10)
  })
}

test('pages back and forth, and faults of one page only', () => {
  const form = read('cases.json')[0]!.form
  const answers = { age: 70, media: ['none'] }
  expect(survey.previousPage(form, answers, 2)).toBe(0)
  expect(survey.previousPage(form, answers, 0)).toBe(-1)
  expect(survey.checkPage(form, {}, 0)).toEqual([{ question: 'age', code: 'required' }])
  expect(survey.checkPage(form, {}, 1)).toEqual([])
  expect(survey.pageQuestions(form, answers, 1)).toEqual([])
})

test('names that every object has are nobody\'s answers', () => {
  const form = read('cases.json')[0]!.form
  const answers = JSON.parse('{"age":20,"constructor":1,"__proto__":{"best":"tv"}}') as survey.Answers
  expect(survey.check(form, answers).faults).toEqual([{ question: '__proto__', code: 'unknown' }, { question: 'constructor', code: 'unknown' }])
})

test('a text in the first language where a translation is missing', () => {
  const form = read('cases.json')[0]!.form
  expect([survey.say(form.title, 'en', form), survey.say(form.pages[0]!.title, 'en', form), survey.say(undefined, 'en', form)]).toEqual([
    'Satisfaction with the public service', '您家', ''])
})
