import { expect, it } from 'vitest'
import { filledIn } from './made.ts'

it('puts numbers in place of names', () => {
  const values = new Map<string, number | null>([['alert.reached', 63], ['alert.targets', 64], ['x', -1.5], ['none', null]])
  expect(filledIn('alert.reached / alert.targets * 100', values)).toBe('63 ÷ 64 × 100')
  expect(filledIn('max(x, 1)', values)).toBe('max((−1.50), 1)')
  expect(filledIn('none + 1', values)).toBe('')
})
