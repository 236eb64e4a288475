import { expect, test } from 'vitest'
import type { Form } from './form.ts'
import { answerWords, quotaName } from './words.ts'

const form: Form = {
  id: 'f', version: '1', languages: ['zh', 'en'], title: {}, pages: [{ questions: [
    { id: 'q1', kind: 'single', title: { zh: '您住在哪里？' }, choices: [{ id: 'a', title: { zh: '城镇' } }, { id: 'b', title: { zh: '乡村' } }], nonresponse: [{ id: 'dk', title: { zh: '说不清' } }] },
    { id: 'q2', kind: 'several', title: { zh: '见过哪些？' }, choices: [{ id: 'a', title: { zh: '大喇叭' } }, { id: 'b', title: { zh: '电视' } }] },
    { id: 'q3', kind: 'number', title: { zh: '年龄' }, unit: { zh: '岁' } },
    { id: 'q4', kind: 'grid', title: { zh: '评价' }, rows: [{ id: 'r1', title: { zh: '新闻' } }], scale: { low: 1, high: 5 } },
    { id: 'q5', kind: 'text', title: { zh: '愿望' } },
  ] }],
}

test('answers are told in the words of the questionnaire', () => {
  expect(answerWords(form, { q5: '声音大些', q2: ['a', 'b'], q1: { $: 'dk' }, q3: 41, q4: { r1: 5 }, old: true }, 'zh').map((x) => `${x.question} ${x.answer}`)).toEqual(
    ['您住在哪里？ 说不清', '见过哪些？ 大喇叭、电视', '年龄 41 岁', '评价 新闻: 5', '愿望 声音大些', 'old true'])
})

test('a quota is called by its title, or by whom it counts', () => {
  const when = { question: 'q1', op: 'eq', value: 'b' } as const
  expect(quotaName(form, { id: 'quota1', title: { zh: '农村' }, when, wanted: 5 }, 'zh')).toBe('农村')
  expect(quotaName(form, { id: 'quota1', when, wanted: 5 }, 'zh')).toBe('乡村')
  expect(quotaName(form, { id: 'quota2', when: { all: [when, { question: 'q3', op: 'ge', value: 60 }] }, wanted: 5 }, 'zh')).toBe('乡村 · 年龄 ≥ 60 岁')
  expect(quotaName(form, { id: 'quota3', wanted: 5 }, 'zh')).toBe('quota3')
})
