import { expect, it } from 'vitest'
import { parse } from '../measure/period.ts'
import { lateIn } from './late.ts'
import { alike, cellShade } from './sure.ts'
import { pointsOf, standing, targetOf } from './targets.ts'

const now = parse('2026Q3')!
const targets = [{ value: 98, by: '2025', zone: 'centre', source: '' }, { value: 90, by: '2025', zone: 'hills', source: '' }, { value: 95, by: '2026', zone: '', source: '' }]
const zones = [{ code: 'centre', members: ['110101000000'] }, { code: 'hills', members: ['110109000000'] }]

it('binds a unit by the target of its zone, else by the one for all', () => {
  expect(targetOf({ targets }, '110109000000', [], zones, now)).toMatchObject({ value: 90, zone: 'hills' })
  expect(targetOf({ targets }, '110109001000', ['110109000000'], zones, now)).toMatchObject({ value: 90 })
  expect(targetOf({ targets }, '110112000000', [], zones, now)).toMatchObject({ value: 95, zone: '' })
  expect(targetOf({ targets: targets.slice(0, 2) }, '110112000000', [], zones, now)).toBeUndefined()
})
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
it('finds neighbours that cannot be told apart', () => {
  const u = (rank: number, low: number, high: number) => ({ rank, low, high, nameZh: String(rank), nameEn: '' })
  expect(alike([u(1, 1, 2), u(2, 1, 2), u(3, 3, 3)])).toEqual([['1', '2']])
  expect(cellShade(3, 3)).toBeUndefined()
  expect(cellShade(3, 5)).toContain('30%')
  expect(cellShade(3, undefined)).toBeUndefined()
})
