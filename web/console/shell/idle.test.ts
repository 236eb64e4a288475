import { expect, it } from 'vitest'
import { roundedLeft } from './idle.ts'

it('tells the end of a session a few times, not every second, and never later than it is', () => {
  const told = Array.from({ length: 120 }, (_, i) => roundedLeft(120 - i))
  expect([...new Set(told)]).toEqual([120, 90, 60, 30, 20, 10])
  expect(told.every((s, i) => s <= Math.max(10, 120 - i))).toBe(true)
})
