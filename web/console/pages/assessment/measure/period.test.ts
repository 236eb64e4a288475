import { expect, it } from 'vitest'
import { zone } from '@/shared/clock.ts'
import { addCatalogues, lang } from '@/shared/i18n.ts'
import en from '@/shared/locales/en/measure.json'
import zh from '@/shared/locales/zh/measure.json'
import { inKind, isRunning, lastDay, meantPeriod, next, parse, periodOn, periodSaid, periodWord, run, shortPeriod, textOf } from './period.ts'

const texts = ['2026-07-28', '2026-07', '2026Q3', '2026H2', '2026', '2026-2030']

it('reads what the server writes, and writes it again', () => {
  expect(texts.map((x) => textOf(parse(x)!))).toEqual(texts)
  expect(texts.map((x) => parse(x)!.kind)).toEqual(['day', 'month', 'quarter', 'half', 'year', 'plan'])
})
it('refuses what is no period', () => {
  expect(['', '2026-13', '2026-02-30', '2026Q5', '2026-2031', '2027-2031', '26', 'now'].map(parse)).toEqual(Array(8).fill(undefined))
})
it('reads what the pages say of a period, and how people write it', () => {
  addCatalogues({ './zh/x.json': zh, './en/x.json': en })
  for (const l of ['zh', 'en'] as const) {
    lang.value = l
    expect(texts.map((x) => meantPeriod(periodWord(x))).map((p) => p && textOf(p))).toEqual(texts)
    expect(texts.slice(1).map((x) => meantPeriod(shortPeriod(x))).map((p) => p && textOf(p))).toEqual(texts.slice(1))
  }
  lang.value = 'zh'
  const read = (x: string) => { const p = meantPeriod(x); return p && textOf(p) }
  expect(['nov 2026', 'November 2026', '2026/7/8', '2026.7', '202607', '20260728', '２０２６年７月', '2026年第3季', '2026 q3', '2026年度', '2026年至2030年'].map(read))
    .toEqual(['2026-11', '2026-11', '2026-07-08', '2026-07', '2026-07', '2026-07-28', '2026-07', '2026Q3', '2026Q3', '2026', '2026-2030'])
  expect(['', '明年', 'Foo 2026', '2026年13月', '2026年2月30日', 'h32026', '2026-2031'].map(read)).toEqual(Array(7).fill(undefined))
})
it('goes on, and knows what lies in what', () => {
  expect(textOf(next(parse('2026-12')!))).toBe('2027-01')
  expect(textOf(next(parse('2026-12-31')!))).toBe('2027-01-01')
  expect(lastDay(parse('2026Q1')!)).toBe('2026-03-31')
  expect(lastDay(parse('2024-02')!)).toBe('2024-02-29')
  expect(textOf(inKind(parse('2026-07-28')!, 'quarter'))).toBe('2026Q3')
  expect(textOf(inKind(parse('2026')!, 'month'))).toBe('2026-12')
  expect(textOf(periodOn('plan', '2025-12-31'))).toBe('2021-2025')
  expect(run(parse('2025Q4')!, parse('2026Q2')!).map(textOf)).toEqual(['2025Q4', '2026Q1', '2026Q2'])
})
it('says of a period that it is not over, by the clock of the city', () => {
  addCatalogues({ './zh/x.json': zh })
  lang.value = 'zh'
  zone.value = 'Asia/Shanghai'
  const before = new Date('2026-12-31T15:59:00Z') // a minute before midnight in Beijing
  const after = new Date('2026-12-31T16:00:00Z')
  expect(periodSaid('2026Q4', before)).toBe('2026年第四季度（未结束）')
  expect(periodSaid('2026Q4', after)).toBe('2026年第四季度')
  expect([isRunning('2026Q3', before), isRunning('2027', after), isRunning('2026', after), isRunning('nothing', after)]).toEqual([false, true, false, false])
})
it('says a period in words', () => {
  addCatalogues({ './zh/x.json': zh, './en/x.json': en })
  lang.value = 'zh'
  expect(texts.map(periodWord)).toEqual(['2026年7月28日', '2026年7月', '2026年第三季度', '2026年下半年', '2026年', '2026—2030年规划期'])
  lang.value = 'en'
  expect(texts.map(periodWord)).toEqual(['28 Jul 2026', 'Jul 2026', 'Q3 2026', 'second half of 2026', '2026', 'plan 2026–2030'])
  lang.value = 'zh'
})
it('says a period in few letters, as people of each language read it', () => {
  addCatalogues({ './zh/x.json': zh, './en/x.json': en })
  lang.value = 'zh'
  expect(texts.map(shortPeriod)).toEqual(['07-28', '2026-07', '2026年第三季度', '2026年下半年', '2026', '2026-2030'])
  lang.value = 'en'
  expect(texts.map(shortPeriod)).toEqual(['07-28', '2026-07', 'Q3 2026', 'H2 2026', '2026', '2026-2030'])
})
