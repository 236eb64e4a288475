import { expect, it } from 'vitest'
import { countdown } from './recording.ts'

it('counts down the last half minute only', () => {
  expect([0, 200, 269.9].map((s) => countdown(s, 300))).toEqual([undefined, undefined, undefined])
  expect([270, 290.5, 299.9, 300, 301].map((s) => countdown(s, 300))).toEqual([30, 10, 1, 0, 0])
})
