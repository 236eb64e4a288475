import { expect, it } from 'vitest'
import { Problem } from '@/shared/api/problem.ts'
import { codesIn, completed, cutAt, faultsOf, offsetOf, typing } from './formula.ts'

it('finds the codes in a formula, and no functions', () => {
  expect(codesIn('alert.reached / max(alert.targets, 1) * 100 + alert.reached')).toEqual(['alert.reached', 'alert.targets'])
  expect(codesIn('numerator / denominator')).toEqual([])
  expect(codesIn('known(survey.q1) ? survey.q1 : 0')).toEqual(['survey.q1'])
  expect(codesIn('"abc" + \'def\' + ghi')).toEqual(['ghi'])
})
it('completes what is being typed, in Chinese too', () => {
  expect(typing('1 + 应急', 6)).toEqual({ from: 4, word: '应急' })
  expect(typing('1 + ', 4).word).toBe('')
  expect(typing('a * 100', 7).word).toBe('')
  expect(completed('1 + 应急 * 2', 6, 'alert.reached')).toEqual({ text: '1 + alert.reached * 2', caret: 17 })
  expect(completed('alert.re', 5, 'alert.targets')).toEqual({ text: 'alert.targets', caret: 13 })
})
it('shows a fault at its line and column', () => {
  const problem = new Problem(422, 'x', '', [{ location: 'numerator:2:3', message: 'no', code: '' }, { location: 'numerators', message: 'other', code: '' }, { location: 'numerator', message: 'empty', code: '' }])
  const [at, whole] = faultsOf(problem, 'numerator')
  expect(at).toEqual({ line: 2, column: 3, message: 'no' })
  expect(whole).toEqual({ line: 0, column: 0, message: 'empty' })
  const text = 'a +\n  nothing * 2'
  expect(cutAt(text, at!)).toEqual(['  ', 'nothing', ' * 2'])
  expect(cutAt(text, whole!)).toBeUndefined()
  expect(text.slice(offsetOf(text, at!))).toBe('nothing * 2')
  expect(cutAt('a +', { line: 1, column: 4, message: '' })).toEqual(['a +', '', ''])
})
