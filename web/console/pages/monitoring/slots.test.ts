import { expect, it } from 'vitest'
import { cellsOf, ticksOf, type Slot } from './slots.ts'

const slot = (start: number, beats: number): Slot => ({ start: new Date(start).toISOString(), seconds: 600, beats, onMains: beats, faulty: 0 })
const min = 60_000

it('covers the whole time, keeping silence apart from what was heard', () => {
  const cells = cellsOf([slot(40 * min, 5), slot(10 * min, 10)], 0, 60 * min, 60, 0)
  expect(cells.map((c) => [c.from / min, c.to / min, c.slot?.beats, c.share])).toEqual([
    [0, 10, undefined, 0], [10, 20, 10, 1], [20, 40, undefined, 0], [40, 50, 5, 0.5], [50, 60, undefined, 0],
  ])
})

it('expects nothing before the device existed, nor after now', () => {
  const cells = cellsOf([slot(20 * min, 5)], 0, 25 * min, 60, 12 * min)
  expect(cells.map((c) => [c.from / min, c.to / min, c.before, c.share])).toEqual([[0, 12, true, 0], [12, 20, false, 0], [20, 25, false, 1]])
})

it('writes few round times', () => {
  const day = 24 * 60 * min
  for (const days of [1, 7, 30]) {
    const ticks = ticksOf(1_700_000_000_000, 1_700_000_000_000 + days * day)
    expect(ticks.length).toBeGreaterThanOrEqual(3)
    expect(ticks.length).toBeLessThanOrEqual(9)
  }
})
