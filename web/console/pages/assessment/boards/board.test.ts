import { describe, expect, it } from 'vitest'
import type { Indicator } from '../measure/book.ts'
import { textOf } from '../measure/period.ts'
import { choiceOf, kindFor, lastTwo, put, questions, type Tile } from './board.ts'

const day = new Date('2026-11-29T08:00:00+08:00')

describe('what a board is of', () => {
  it('stands in the address', () => {
    const c = choiceOf({ region: '110105000000', kind: 'quarter', to: '2026-05' }, day)
    expect([c.region, c.kind, textOf(c.to)]).toEqual(['110105000000', 'quarter', '2026Q2'])
  })
  it('is months up to now where the address makes no sense', () => {
    const c = choiceOf({ region: 'x', kind: 'week', to: 'soon' }, day)
    expect([c.region, c.kind, textOf(c.to)]).toEqual(['', 'month', '2026-11'])
  })
  it('is never shorter than its indicator is given for', () => {
    expect(kindFor({ period: 'quarter' }, 'month')).toBe('quarter')
    expect(kindFor({ period: 'day' }, 'month')).toBe('month')
  })
})

describe('what tiles ask', () => {
  const of = (code: string, period: Indicator['period']) => [code, { code, period } as Indicator] as const
  const known = new Map([of('reach', 'day'), of('cable', 'quarter'), of('repair', 'month')])
  const tile = (kind: Tile['kind'], indicator?: string): Tile => ({ kind, indicator, wide: 1 })
  it('is asked once for each kind of period, and nothing of what is gone', () => {
    const asked = questions([tile('number', 'repair'), tile('line', 'reach'), tile('bars', 'repair'), tile('map', 'cable'), tile('rank'), tile('text'), tile('number', 'gone')], known, choiceOf({}, day))
    expect(asked).toEqual([
      { kind: 'month', indicator: ['reach', 'repair'], from: '2024-12', to: '2026-11' },
      { kind: 'quarter', indicator: ['cable'], from: '2021Q1', to: '2026Q4' },
    ])
  })
})

describe('a number', () => {
  const cells = (...values: (number | null)[]) => values.map((value) => ({ value }))
  it('is the last that is known, beside the one before', () => {
    expect(lastTwo(cells(1, null, 3, null))).toEqual({ at: 2, cell: { value: 3 }, before: { at: 0, value: 1 } })
    expect(lastTwo(cells(null, 0))).toEqual({ at: 1, cell: { value: 0 }, before: undefined })
    expect(lastTwo(cells(null, null))).toBeUndefined()
  })
})

describe('order', () => {
  it('puts one at another place', () => {
    expect(put(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a'])
    expect(put(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b'])
    expect(put(['a', 'b'], 0, -1)).toEqual(['a', 'b'])
    expect(put(['a', 'b'], 1, 2)).toEqual(['a', 'b'])
  })
})
