import { expect, test } from 'vitest'
import { addCatalogues, languageWord } from '@/shared/i18n.ts'
import zh from '@/shared/locales/zh/survey.json'
import type { Form } from '@/shared/survey/form.ts'
import { placeWords } from './places.ts'

addCatalogues({ './zh/survey.json': zh })
const form: Form = { id: 'f', version: '1', languages: ['zh', 'en'], title: {}, pages: [{ questions: [{ id: 'a', kind: 'single', title: {} }, { id: 'b', kind: 'text', title: {} }] }, { questions: [{ id: 'c', kind: 'scale', title: {} }] }] }

test('a place is told by the number of its question and its field', () => {
  for (const [place, words] of [
    ['pages[0].questions[0].choices[1].title', '第 1 题 选项 2'], ['pages[0].questions[1].title', '第 2 题 题目'], ['pages[1].questions[0].scale.lowTitle', '第 3 题 最低的含义'],
    ['pages[1].questions[0].nonresponse[0].title', '第 3 题 不作答的方式 1'], ['pages[1].questions', '第 2 页'], ['title', '标题'], ['quotas[2].title', '配额 3'], ['languages[0]', '语言 1'], ['survey!B3', 'survey!B3'],
  ] as const) expect(placeWords(form, place)).toBe(words)
})

test('languages are called as one writes', () => {
  expect(['zh', 'en', 'bo', '?'].map(languageWord)).toEqual(['中文', '英文', '藏语', '?'])
})
