import { expect, it } from 'vitest'
import { addsUp, choiceOf, ends, kindsFor } from './choice.ts'
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
  expect(addsUp({ aggregate: 'formula', numerator: 'alert.messages', denominator: '', formula: '' })).toBe(true)
  expect(addsUp({ aggregate: 'formula', numerator: 'a', denominator: 'b', formula: '' })).toBe(false)
  expect(addsUp({ aggregate: 'worst', numerator: 'a', denominator: '', formula: '' })).toBe(false)
})
it('lets the ends of a ranking stand for all of it', () => {
  expect(ends([1, 2, 3, 4, 5, 6], 4)).toEqual([1, 2, 5, 6])
  expect(ends([1, 2, 3], 4)).toEqual([1, 2, 3])
  expect(ends([1, 2, 3], 0), 'none of them').toEqual([])
})
