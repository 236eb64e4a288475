import { describe, expect, it } from 'vitest'
import { percent, sumOf, timeTo, type Figures } from './figures.ts'

describe('time to receipt', () => {
  const curve = { answered: [10, 50, 95, 96], targets: 100, stepMillis: 500 }
  it('is when a part of the targets had answered', () => {
    expect(timeTo(0.5, [curve])).toBe(1)
    expect(timeTo(0.95, [curve])).toBe(1.5)
  })
  it('is nothing when that never came, or nobody was meant', () => {
    expect(timeTo(0.99, [curve])).toBeUndefined()
    expect(timeTo(0.5, [{ answered: [], targets: 0, stepMillis: 500 }])).toBeUndefined()
    expect(timeTo(0.5, [{ answered: null, targets: 3, stepMillis: 500 }])).toBeUndefined()
    expect(timeTo(0.5, [])).toBeUndefined()
  })
  it('takes several messages as one crowd, whatever their steps', () => {
    const slow = { answered: [0, 100], targets: 100, stepMillis: 10_000 }
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
