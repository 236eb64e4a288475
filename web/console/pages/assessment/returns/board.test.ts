import { expect, it, vi } from 'vitest'
import { filtered, nextWaiting, onlyOpen, slowly, step, waiting, type Board, type Cell } from './board.ts'

const cell = (id: string, more: Partial<Cell> = {}): Cell => ({ id, state: 'none', step: 0, round: 1, late: false, mine: false, ...more })
const row = (unit: string, path: string, cells: Cell[]) => ({ unit, path, nameZh: unit, nameEn: unit, aboveZh: path.slice(0, 5), aboveEn: '', cells })
const board = {
  periods: [{}, {}],
  rows: [row('t1', 'c.d1.t1.', [cell('f/t1/8', { mine: true }), cell('f/t1/7')]), row('t2', 'c.d2.t2.', [cell('f/t2/8', { state: 'open', round: 2 }), cell('f/t2/7', { mine: true, late: true })])],
} as unknown as Board

it('finds what waits, the oldest first', () => {
  expect(waiting(board)).toEqual(['f/t2/7', 'f/t1/8'])
  expect(nextWaiting(board)).toBe('f/t2/7')
  expect(nextWaiting(board, 'f/t2/7')).toBe('f/t1/8')
  expect(nextWaiting(board, 'f/t1/8')).toBe('f/t2/7')
  expect(nextWaiting({ ...board, rows: [board.rows![0]!] }, 'f/t1/8')).toBeUndefined()
})

it('filters rows', () => {
  const units = (f: Parameters<typeof filtered>[1]) => filtered(board.rows!, f).map((r) => r.unit).join()
  expect(units({})).toBe('t1,t2')
  expect(units({ above: 'c.d1.' })).toBe('t1')
  expect(units({ state: 'late' })).toBe('t2')
  expect(units({ state: 'corrected' })).toBe('t2')
  expect(units({ state: 'accepted' })).toBe('')
  expect(units({ mine: '1', state: 'none' })).toBe('t1,t2')
  expect(units({ q: 'T2' })).toBe('t2')
})

it('moves in the grid and stays in it', () => {
  expect(step([0, 0], 'ArrowUp', 3, 4)).toEqual([0, 0])
  expect(step([0, 3], 'ArrowRight', 3, 4)).toEqual([0, 3])
  expect(step([1, 1], 'ArrowDown', 3, 4)).toEqual([2, 1])
  expect(step([1, 1], 'End', 3, 4)).toEqual([1, 3])
})

it('reads again at most once in a while, and once more after the last news', () => {
  vi.useFakeTimers()
  const read = vi.fn()
  const news = slowly(read, 1000)
  for (let i = 0; i < 50; i++) news()
  expect(read).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(1000)
  expect(read).toHaveBeenCalledTimes(2)
  vi.advanceTimersByTime(5000)
  expect(read).toHaveBeenCalledTimes(2)
  news()
  expect(read).toHaveBeenCalledTimes(3)
  vi.useRealTimers()
})

it('leads who fills in for one region to its newest return that is not submitted', () => {
  expect(onlyOpen(board)).toBeUndefined()
  expect(onlyOpen({ ...board, rows: [board.rows![1]!] })).toBe('f/t2/8')
  expect(onlyOpen({ ...board, rows: [row('t1', 'c.d1.t1.', [cell('f/t1/8', { state: 'submitted' }), cell('f/t1/7')])] } as Board)).toBe('f/t1/7')
})
