import { expect, it } from 'vitest'
import { paddings } from './fit.ts'

it('keeps an area clear of the legend, beside it or above it where there is room', () => {
  expect(paddings(900, 480).length).toBe(1)
  expect(paddings(900, 480, { width: 200, height: 200 }).map((p) => [p.left, p.bottom])).toEqual([[224, 24], [24, 224], [24, 24]])
  expect(paddings(340, 400, { width: 220, height: 330 }).map((p) => [p.left, p.bottom])).toEqual([[24, 24]])
})
