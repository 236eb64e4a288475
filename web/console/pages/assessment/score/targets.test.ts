import { expect, it } from 'vitest'
import { parse, textOf } from '../measure/period.ts'
import { lateIn, overdueBy } from './late.ts'
import { alike, cellShade } from './sure.ts'
import { ownPeriods, pointsOf, standing } from './targets.ts'

const now = parse('2026Q3')!
it('tells late from missed', () => {
  const points = pointsOf(['2025Q3', '2025Q4', '2026Q1'], [80, 85, 91])
  expect(standing(points, { value: 90, by: '2025' }, 'up', now)).toBe('late')
  expect(standing(points, { value: 95, by: '2025' }, 'up', now)).toBe('missed')
  expect(standing(points, { value: 85, by: '2025' }, 'up', now)).toBe('met')
  expect(standing(pointsOf(['2025Q4', '2026Q1'], [9, 4]), { value: 5, by: '2025' }, 'down', now)).toBe('late')
  expect(standing([], { value: 5, by: '2025' }, 'down', now)).toBe('unknown')
})
it('lists what is overdue, and of what is not due only the next', () => {
  const cell = (state: 'none' | 'accepted') => ({ id: '', state, step: 0, round: 1, late: false, mine: false })
  const board = (states: ('none' | 'accepted')[][]) => ({ form: { code: 'f' } as never, counts: [], periods: [{ period: '2026-09', due: '2026-10-06T00:00:00Z' }, { period: '2026-10', due: '2026-11-06T00:00:00Z' }, { period: '2026-11', due: '2026-12-06T00:00:00Z' }, { period: '2026-12', due: '2027-01-06T00:00:00Z' }],
    rows: states.map((row, i) => ({ unit: String(i), path: '', nameZh: '', nameEn: '', aboveZh: '', aboveEn: '', cells: row.map(cell) })) })
  const found = lateIn(board([['none', 'accepted', 'none', 'none'], ['none', 'accepted', 'accepted', 'none']]), Date.parse('2026-11-29T00:00:00Z'))
  expect(found.map((l) => [l.period, l.count, l.late])).toEqual([['2026-09', 2, true], ['2026-11', 1, false]])
})
it('counts the days by which a number is out of date', () => {
  const today = new Date('2026-11-29T04:00:00Z')
  expect(overdueBy(parse('2026-10')!, 20, today)).toBe(9)
  expect(overdueBy(parse('2026-11-28')!, 2, today)).toBe(-1)
})
it('finds neighbours that cannot be told apart', () => {
  const u = (rank: number, low: number, high: number) => ({ rank, low, high, nameZh: String(rank), nameEn: '' })
  expect(alike([u(1, 1, 2), u(2, 1, 2), u(3, 3, 3)])).toEqual([['1', '2']])
  expect(cellShade(3, 3)).toBeUndefined()
  expect(cellShade(3, 5)).toContain('30%')
  expect(cellShade(3, undefined)).toBeUndefined()
})
it('compares the last of an indicator\'s own periods in a card\'s that is over', () => {
  const of = (card: string, kind: Parameters<typeof ownPeriods>[1]) => { const { last, now } = ownPeriods(parse(card)!, kind, new Date('2026-11-29T04:00:00Z')); return [textOf(last), textOf(now)] }
  expect(of('2026Q3', 'month')).toEqual(['2026-09', '2026-10']) // what is known before October
  expect(of('2026Q4', 'month')).toEqual(['2026-12', '2026-11']) // what is known before November
  expect(of('2026Q3', 'quarter')).toEqual(['2026Q3', '2026Q4'])
  expect(of('2026Q3', 'year')).toEqual(['2026', '2026'])
  expect(of('2025Q4', 'year')).toEqual(['2025', '2026'])
})
