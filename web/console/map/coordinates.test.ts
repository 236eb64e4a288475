import { expect, it } from 'vitest'
import { textsOf } from './coordinates.ts'

it('keeps what is typed and no polygon yet while others are drawn, changed or removed', () => {
  const ring: [number, number][] = [[116, 40], [117, 40], [117, 41]]
  const text = '116, 40\n117, 40\n117, 41'
  expect([textsOf([]), textsOf([ring])]).toEqual([[''], [text]])
  expect(textsOf([ring, ring], [text, '116.5, 39', ''], 1)).toEqual([text, text, '116.5, 39'])
  expect(textsOf([], [text, '116.5, 39'], 1)).toEqual(['116.5, 39'])
})
