import { expect, test } from 'vitest'
import en from '../locales/en/fault.json'
import zh from '../locales/zh/fault.json'
import { checkPage, faultCodes, type Form } from './form.ts'
import { faultWords } from './faults.ts'

test('every fault has its sentence in both languages, and no sentence is without a fault', () => {
  const keys = [...[...faultCodes, 'number', 'day', 'early', 'late', 'at'].map((c) => `survey.fault.${c}`)].sort()
  for (const sentences of [zh, en] as Record<string, string>[]) {
    expect(Object.keys(sentences).sort()).toEqual(keys)
    for (const said of Object.values(sentences)) expect(said.trim()).not.toBe('')
  }
})

const form: Form = {
  id: 'f', version: '1', languages: ['zh', 'en'], title: { zh: '问卷' }, pages: [{ questions: [
    { id: 'age', kind: 'number', title: { zh: '年龄', en: 'Age' }, constraint: { question: 'age', op: 'ge', value: 18 }, message: { zh: '请问成年人' } },
    { id: 'born', kind: 'date', title: { zh: '生日' }, latest: '2026-11-30' },
    { id: 'seen', kind: 'several', title: { zh: '见过' }, max: 1, choices: [{ id: 'a', title: { zh: '甲' } }, { id: 'b', title: { zh: '乙' } }] },
    { id: 'clear', kind: 'grid', title: { zh: '清楚吗' }, required: true, scale: { low: 1, high: 5 }, rows: [{ id: 'tv', title: { zh: '电视', en: 'Television' } }] },
  ] }],
}

test("a fault is told by the author's words, with the row that it is about, in the reader's language", () => {
  const told = (answers: object, language: string, lang: 'zh' | 'en') => checkPage(form, { ...answers }, 0).map((f) => faultWords(form, f, language, lang))
  expect(told({ age: 7, clear: { tv: 9 } }, 'zh', 'zh')).toEqual(['请问成年人', '电视：不能大于 5。'])
  expect(told({ age: 'x' }, 'en', 'en')).toEqual(['Please enter a number.', 'Television: Please answer this question.'])
  expect(told({ age: 20, born: '2030-01-01', seen: ['a', 'b'], clear: { tv: 1 } }, 'zh', 'zh')).toEqual(['不能晚于 2026-11-30。', '最多选 1 项。'])
  expect(faultWords(form, { question: 'gone', code: 'unknown' }, 'en', 'en')).toBe('There is no question “gone”.')
})
