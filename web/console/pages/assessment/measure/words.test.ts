import { expect, it } from 'vitest'
import { addCatalogues, lang } from '@/shared/i18n.ts'
import { differenceWord, valueWord } from './book.ts'
import en from '@/shared/locales/en/measure.json'
import zh from '@/shared/locales/zh/measure.json'
import { fresh } from '../indicators/draft.ts'
import { codesOf, personWord, readable, targetSaid, wholeFormula } from './words.ts'

addCatalogues({ './zh/x.json': { 'measure.quoted': '“{name}”', 'measure.made.sample': '样例', 'measure.by_system': '系统' }, './en/x.json': { 'measure.quoted': '“{name}”' } })
const names = new Map([['alert.reached', { nameZh: '已播出', nameEn: 'sounded' }], ['alert.targets', { nameZh: '应响应', nameEn: '' }]])
const d = { numerator: 'alert.reached', denominator: 'alert.targets', formula: 'numerator / denominator * 100', parts: [] }

it('reads a definition as one expression with names', () => {
  lang.value = 'zh'
  expect(wholeFormula(d)).toBe('alert.reached / alert.targets * 100')
  expect(readable(wholeFormula(d), names)).toBe('“已播出” ÷ “应响应” × 100')
  expect(wholeFormula({ numerator: 'a + b', denominator: 'c', formula: '' })).toBe('(a + b) / c')
  expect(wholeFormula({ numerator: 'a + b', denominator: '', formula: '' })).toBe('a + b')
  expect(readable('max(nothing, 1)', names)).toBe('max(nothing, 1)')
  expect(codesOf(d)).toEqual(['alert.reached', 'alert.targets'])
})
it('tells how far shares lie apart in percentage points', () => {
  addCatalogues({ './zh/x.json': { 'measure.percentage_points': '{count} 个百分点' }, './en/x.json': { 'measure.percentage_points': '{count} percentage points' } })
  lang.value = 'zh'
  const share = { unitZh: '%', unitEn: '%', places: 1 }
  expect([valueWord(share, 0.7), differenceWord(share, 0.7)]).toEqual(['0.7%', '0.7 个百分点'])
  expect(differenceWord({ unitZh: '件', unitEn: 'cases', places: 0 }, 3)).toBe('3\u00a0件')
  lang.value = 'en'
  expect(differenceWord(share, 0.7)).toBe('0.7 percentage points')
})

it('names who did something, and never a part of the platform by its code', () => {
  lang.value = 'zh'
  expect(personWord('01J', '赵评价')).toBe('赵评价')
  expect(personWord('system:measure', 'measure')).toBe('系统')
  expect([personWord('system:sample', 'sample'), personWord('system:sample-approver', 'sample')]).toEqual(['样例', '样例'])
  expect(personWord('system:feeder:01J', '有线公司接口')).toBe('有线公司接口')
  expect(personWord(undefined, undefined)).toBe('')
})

it('says of a target that it is one, lest it be taken for what was reached', () => {
  addCatalogues({ './zh/x.json': zh, './en/x.json': en })
  const target = { value: 90, by: '2025', zone: '', source: '' }
  const say = (direction: 'up' | 'down' | 'none') => targetSaid({ ...fresh(), unitZh: '%', unitEn: '%', direction, accrues: false, builtIn: false, sample: false, revision: 1 }, target)
  lang.value = 'zh'
  expect([say('up'), say('down'), say('none')]).toEqual(['目标：2025年不低于 90.0%', '目标：2025年不超过 90.0%', '目标：2025年 90.0%'])
  lang.value = 'en'
  expect(say('up')).toBe('Target: 90.0% or more by 2025')
  lang.value = 'zh'
})
