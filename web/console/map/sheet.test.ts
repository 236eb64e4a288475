import { expect, it } from 'vitest'
import { barOf } from './sheet.ts'

it('draws a scale bar of a round length that fits', () => {
  expect([barOf(200_000), barOf(90_000), barOf(7_900), barOf(430)].map((b) => b.metres)).toEqual([20_000, 10_000, 1_000, 50])
  expect(barOf(200_000).share).toBe(0.1)
})
