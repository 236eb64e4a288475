import { expect, test, vi } from 'vitest'
import { addCatalogues, languageWord } from '@/shared/i18n.ts'
import shared from '@/shared/locales/zh/shared.json'
import zh from '@/shared/locales/zh/survey.json'
import type { Form, Question } from '@/shared/survey/form.ts'
import { baseOf, stratumName } from '@/shared/survey/stratum.ts'
import { complete, doneIn, grouping, offeredLanguages, tellsApart, toggled } from './surveys.ts'

addCatalogues({ './zh/survey.json': zh })
const text = (zh: string) => ({ zh, en: zh })
const single = (id: string, more: Partial<Question> = {}): Question => ({ id, kind: 'single', title: text(id), required: true, choices: [{ id: 'a', title: text('a') }, { id: 'b', title: text('b') }], ...more })
const form = (...questions: Question[]): Form => ({ id: 'f', version: '1', languages: ['zh', 'en'], title: text('f'), pages: [{ questions }] })

test('groups are told apart by what everybody answers', () => {
  const f = form(single('age'), single('maybe', { required: false }), single('declined', { nonresponse: [{ id: 'no', title: text('no') }] }),
    single('later', { show: { question: 'age', op: 'eq', value: 'a' } }), { id: 'n', kind: 'number', title: text('n'), required: true })
  f.pages.push({ show: { question: 'age', op: 'eq', value: 'a' }, questions: [single('some')] })
  expect(tellsApart(f).map((q) => q.id)).toEqual(['age'])
})

test('nothing of a group is filled in by itself, and shares are complete when they add up and have a source', () => {
  const f = form(single('age'))
  expect(grouping('')).toBeUndefined()
  const g = grouping('age')!
  expect(g).toEqual({ question: 'age', source: '', shares: [{ of: '', shares: {} }] })
  expect(complete(f, g)).toBe(false)
  const full = { ...g, source: 'census', shares: [{ of: '', shares: { a: 0.7, b: 0.3 } }] }
  expect(complete(f, full)).toBe(true)
  expect(complete(f, { ...full, source: '' })).toBe(false)
  expect(complete(f, { ...full, shares: [...full.shares, { of: 'rural', shares: { a: 1 } }] })).toBe(false)
  expect(complete(f, { ...full, shares: [{ of: '', shares: { a: 0.7, b: 0.2 } }] })).toBe(false)
})

test('a stratum is named by district, area and group, as far as it has them', () => {
  const s = { nameZh: '密云区', nameEn: 'Miyun' }
  expect(stratumName(s)).toBe('密云区')
  expect(stratumName({ ...s, area: 'rural' })).toBe('密云区 · 乡村')
  expect(stratumName({ ...s, area: 'rural', groupZh: '60 岁及以上', groupEn: '60 or over' })).toBe('密云区 · 乡村 · 60 岁及以上')
  expect([baseOf('110118000000.rural.old'), baseOf('110118000000.rural'), baseOf('110118000000')]).toEqual(['110118000000.rural', '110118000000.rural', '110118000000'])
})

test('a district tells how many answered only where all of its parts do', () => {
  const part = (id: string, area: string, done: number, more = {}) => ({ id, nameZh: '', nameEn: '', area, done, wanted: 9, invited: 0, used: 0, contacts: 0, ...more })
  const strata = [part('a.urban', 'urban', 20), part('a.rural', 'rural', 12), part('b.urban', 'urban', 0, { few: true }), part('b.rural', 'rural', 30)]
  expect(doneIn(strata, 'a', () => true)).toBe(32)
  expect(doneIn(strata, 'b', () => true)).toBeNull()
  expect(doneIn(strata, 'b', (x) => x.area === 'rural')).toBe(30)
  expect(doneIn(strata, 'a', (x) => x.group === 'old')).toBeNull() // groups are not told
})

test('languages are offered by name, with those that a questionnaire has already', () => {
  addCatalogues({ './zh/shared.json': shared })
  vi.spyOn(Intl, 'DisplayNames').mockImplementation(function () { return { of: (tag: string) => tag } as Intl.DisplayNames }) // a browser that knows few
  expect(['bo', 'ii', 'za', 'xx'].map(languageWord)).toEqual(['藏语', '彝语', '壮语', 'xx'])
  vi.restoreAllMocks()
  expect(offeredLanguages(['zh', 'fa']).filter((l) => ['zh', 'en', 'fa'].includes(l))).toEqual(['zh', 'en', 'fa'])
  expect([toggled(['zh'], 'en'), toggled(['zh', 'en'], 'zh')]).toEqual([['zh', 'en'], ['en']])
})
