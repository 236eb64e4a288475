import { expect, it } from 'vitest'
import { entrance, walked } from './walk.ts'

const table = ['xx-', '-x-', 'x--']
const has = (r: number, c: number) => table[r]?.[c] === 'x'

it('goes by arrows from link to link, over gaps, and no further than the last', () => {
  expect(walked('ArrowDown', [0, 0], 3, 3, has)).toEqual([2, 0])
  expect(walked('ArrowRight', [0, 0], 3, 3, has)).toEqual([0, 1])
  expect(walked('ArrowRight', [0, 1], 3, 3, has)).toBeUndefined()
  expect(walked('Enter', [0, 0], 3, 3, has)).toBeUndefined()
})
it('is entered where one was, else at the newest', () => {
  expect(entrance([1, 1], 3, 3, has)).toEqual([1, 1])
  expect(entrance([1, 0], 3, 3, has)).toEqual([2, 0])
  expect(entrance(undefined, 0, 0, has)).toBeUndefined()
})
