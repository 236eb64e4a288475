import { expect, it } from 'vitest'
import { timeTo } from './times.ts'

it('tells when a part of the targets had answered, and says nothing when it never came', () => {
  expect(timeTo([10, 50, 95, 96], 100, 500, 0.5)).toBe(1)
  expect(timeTo([10, 50, 95, 96], 100, 500, 0.95)).toBe(1.5)
  expect(timeTo([10, 50], 100, 500, 0.95)).toBeUndefined()
  expect(timeTo([], 0, 500, 0.5)).toBeUndefined()
})
