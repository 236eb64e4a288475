import { expect, it } from 'vitest'
import { zone } from '@/shared/clock.ts'
import { fresh } from '../indicators/draft.ts'
import type { Element, Indicator } from '../measure/book.ts'
import { addsUp, asOfChoice, choiceOf, ends, kindsFor, levelOf, suggested, tooSmallFor } from './choice.ts'
import { textOf } from '../measure/period.ts'

const known = [{ code: 'daily', period: 'day' as const }, { code: 'yearly', period: 'year' as const }]
const now = new Date('2026-11-29T12:00Z')

it('reads an address, and what it leaves out as usual', () => {
  const c = choiceOf({ indicator: 'daily,nothing,daily' }, known, now)
  expect(c).toMatchObject({ indicators: ['daily'], kind: 'day', level: 'district', view: 'lines', show: 'daily', within: '', at: '', asOf: '' })
  expect([textOf(c.from), textOf(c.to)]).toEqual(['2026-11-06', '2026-11-29'])
  expect(choiceOf({ indicator: 'daily', kind: 'month', from: '2026-01', to: '2026-03', level: 'township', within: '110105000000', view: 'map', at: '2026-02', asOf: '2026-07-28T18:30' }, known, now))
    .toMatchObject({ kind: 'month', level: 'township', within: '110105000000', view: 'map', at: '2026-02', asOf: '2026-07-28T18:30' })
})
it('gives no period shorter than an indicator has', () => {
  const c = choiceOf({ indicator: 'daily,yearly', kind: 'day', from: '2020-05-01', to: '2026-01-01' }, known, now)
  expect([c.kind, textOf(c.from), textOf(c.to)]).toEqual(['year', '2020', '2026'])
  expect(kindsFor([known[0]!, known[1]!])).toEqual(['year', 'plan'])
})
it('keeps a run of periods within bounds', () => {
  const c = choiceOf({ indicator: 'daily', from: '1999-01-01', to: '2026-01-01' }, known, now)
  expect(c.to.n - c.from.n).toBe(399)
  expect(textOf(choiceOf({ indicator: 'daily', from: '2026-02-01', to: '2026-01-01' }, known, now).from)).toBe('2026-01-01')
})
it('adds up counts only', () => {
  const elements = [{ code: 'alert.messages', combine: 'sum' }, { code: 'people', combine: 'stock' }, { code: 'a', combine: 'sum' }, { code: 'satisfied.share', combine: 'mean' }] as const
  const sums = (aggregate: Indicator['aggregate'], numerator: string, denominator = '') => addsUp({ aggregate, numerator, denominator, formula: '' }, elements)
  expect([sums('formula', 'alert.messages'), sums('formula', ' people ')]).toEqual([true, true])
  expect([sums('formula', 'a', 'people'), sums('worst', 'a'), sums('formula', 'satisfied.share'), sums('formula', 'a * 100'), sums('formula', 'another_indicator')]).toEqual([false, false, false, false, false])
})
it('lets the ends of a ranking stand for all of it', () => {
  expect(ends([1, 2, 3, 4, 5, 6], 4)).toEqual([1, 2, 5, 6])
  expect(ends([1, 2, 3], 4)).toEqual([1, 2, 3])
  expect(ends([1, 2, 3], 0), 'none of them').toEqual([])
})
it('knows the smallest regions that an indicator can be reckoned for', () => {
  const element = (code: string, level: Element['level']) => ({ code, level }) as Element
  const made = (code: string, numerator: string, denominator = '', parts: string[] = []) => ({ ...fresh(), code, numerator, denominator, parts, accrues: false, builtIn: false, sample: false, revision: 1 })
  const elements = [element('jobs', 'district'), element('population', ''), element('cable', 'township'), element('budget', 'city')]
  const all = [made('rate', 'jobs * 100', 'population'), made('cover', '', '', ['cable', 'cable * 2']), made('cost', 'budget', 'rate'), made('heads', 'population'), made('ring', 'ring + jobs')]
  expect(all.map((d) => levelOf(d.code, all, elements))).toEqual(['district', 'township', 'city', undefined, 'district'])
  expect(tooSmallFor('township', all, all, elements).map((x) => [x.d.code, x.level])).toEqual([['rate', 'district'], ['cost', 'city'], ['ring', 'district']])
  expect(tooSmallFor('city', all, all, elements)).toEqual([])
})
it('is of now, or of the moment that was chosen', () => {
  zone.value = 'Asia/Shanghai'
  expect(asOfChoice({ asOf: '2026-07-28T18:30' }).toISOString()).toBe('2026-07-28T10:30:00.000Z')
  expect(Math.abs(asOfChoice({ asOf: '' }).getTime() - Date.now())).toBeLessThan(10_000)
})

it('suggests what there is something to see of', () => {
  const list = ['a', 'b', 'c'].map((code) => ({ code }))
  const codes = (last: string[], asked = ['a', 'b', 'c']) => suggested(list, new Map(asked.map((c) => [c, last.includes(c) ? { last: {} } : {}])), 2).map((d) => d.code)
  expect([codes(['c', 'b']), codes(['a', 'b', 'c']), codes([]), codes(['a'], ['a'])]).toEqual([['b', 'c'], ['a', 'b'], ['a', 'b'], []])
})
