import { describe, expect, it } from 'vitest'
import { percent, sumOf, timeTo, type Figures } from './figures.ts'

describe('time to receipt', () => {
  const curve = { answered: [10, 50, 95, 96], targets: 100, stepMillis: 500, quick: null }
  it('is when a part of the targets had answered', () => {
    expect(timeTo(0.5, [curve])).toBe(1)
    expect(timeTo(0.95, [curve])).toBe(1.5)
  })
  it('is told to the millisecond by twentieths, however coarse the curve', () => {
    const quick = Array.from({ length: 20 }, (_, i) => 100 + i * 30)
    const coarse = { answered: [96, 100], targets: 100, stepMillis: 2000, quick }
    expect([timeTo(0.5, [coarse]), timeTo(0.95, [coarse]), timeTo(0.95, [{ ...coarse, quick: null }])]).toEqual([0.37, 0.64, 2])
    expect(timeTo(0.95, [{ ...coarse, quick: quick.slice(0, 10) }])).toBeUndefined()
  })
  it('is nothing when that never came, or nobody was meant', () => {
    expect(timeTo(0.99, [curve])).toBeUndefined()
    expect(timeTo(0.5, [{ answered: [], targets: 0, stepMillis: 500, quick: null }])).toBeUndefined()
    expect(timeTo(0.5, [{ answered: null, targets: 3, stepMillis: 500, quick: null }])).toBeUndefined()
    expect(timeTo(0.5, [])).toBeUndefined()
  })
  it('takes several messages as one crowd, whatever their steps', () => {
    const slow = { answered: [0, 100], targets: 100, stepMillis: 10_000, quick: null }
    expect(timeTo(0.45, [curve, slow])).toBe(1.5)
    expect(timeTo(0.5, [curve, slow])).toBe(20)
  })
})

it('sums what is known, and says nothing of nothing', () => {
  const f = (targets: number, reached: number) => ({ targets, reached, answered: reached, heard: 0, failed: 1, refused: 0, late: 0, offline: 0 }) as Figures
  expect(sumOf([undefined, f(0, 0)])).toBeUndefined()
  expect(sumOf([f(10, 9), undefined, f(5, 0)])).toMatchObject({ targets: 15, reached: 9, heard: 0, failed: 2 })
})

it('draws no point where nobody was meant', () => {
  expect(percent(0, 10)).toBe(0)
  expect(percent(0, 0)).toBeNull()
  expect(percent(1, 3)).toBe(33.3)
})
