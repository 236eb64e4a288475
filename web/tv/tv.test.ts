import { expect, test } from 'vitest'
import type { Order } from '@/shared/wire/order.ts'
import { most, windowOf } from './list.ts'
import { keyOf } from './remote.ts'
import { concerns } from './set.ts'

test('a list shows five rows, and the focus is always among them', () => {
  for (let count = 0; count < 30; count++) {
    let first = 0
    for (const focus of [0, 1, 2, 3, 4, 5, 6, 29, 0, 17, 12].filter((f) => f < count)) {
      first = windowOf(first, focus, count)
      expect(focus >= first && focus < first + most && first >= 0 && (count <= most ? first === 0 : first + most <= count)).toBe(true)
    }
  }
  expect([windowOf(0, 4, 10), windowOf(0, 5, 10), windowOf(3, 4, 10), windowOf(9, 2, 3)]).toEqual([0, 1, 3, 0])
})

test('keys of remote controls', () => {
  const at = (key: string, keyCode = 0) => keyOf({ key, keyCode })
  expect([at('ArrowUp'), at('Enter'), at('Escape'), at('GoBack'), at('Unidentified', 461), at('XF86Back', 10009), at('a'), at('F5')]).toEqual(['up', 'ok', 'back', 'back', 'back', 'back', undefined, undefined])
})

test('a household hears of what covers its place, and of what lies in it', () => {
  const o = (area: Order['area']) => ({ area }) as Order
  expect(concerns(o({ regions: ['110105000000'] }), '110105001000')).toBe(true)
  expect(concerns(o({ regions: ['110105001003'] }), '110105001000')).toBe(true)
  expect(concerns(o({ regions: ['110105002000', '110108000000'] }), '110105001000')).toBe(false)
  expect(concerns(o({ circles: [{ c: [0, 0], r: 5 }] }), '110105001000')).toBe(true) // the platform chose
  expect(concerns(o({ codes: ['61101050010010314010401'] }), '110105001000')).toBe(false)
})
