import { expect, it } from 'vitest'
import { boundsOf, classOf, csvOf, ranked, shadeOf } from './scale.ts'

it('puts about as many values into each class', () => {
  const values = Array.from({ length: 100 }, (_, i) => i)
  const bounds = boundsOf(values)
  expect(bounds).toEqual([20, 40, 60, 80])
  expect([0, 19, 20, 99].map((v) => classOf(v, bounds))).toEqual([0, 0, 1, 4])
})
it('makes no class that nothing is in', () => {
  expect(boundsOf([])).toEqual([])
  expect(boundsOf([7, 7, 7])).toEqual([])
  expect(boundsOf([0, 0, 0, 0, 5])).toEqual([5])
  expect([shadeOf(0, 1), shadeOf(0, 2), shadeOf(1, 2), shadeOf(4, 5)]).toEqual([2, 0, 4, 4])
})
it('ranks the better first and the unknown last', () => {
  const rows = [3, null, 1, 2]
  expect(ranked(rows, (v) => v, 'up')).toEqual([3, 2, 1, null])
  expect(ranked(rows, (v) => v, 'down')).toEqual([1, 2, 3, null])
})
it('writes a file that spreadsheets read as it was meant', () => {
  expect(csvOf([['区', 'a "b", c', '=1+1'], [1.5, null, '-']])).toBe('\uFEFF区,"a ""b"", c",\'=1+1\r\n1.5,,\'-\r\n')
})
