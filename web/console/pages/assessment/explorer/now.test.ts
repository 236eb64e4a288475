import { expect, it } from 'vitest'
import { placeOf } from './now.ts'

it('shows the chosen period, else the last that is known', () => {
  const table = { units: [], periods: ['2026-01', '2026-02', '2026-03'], version: 1, indicators: [{ code: 'a', notes: [], values: [[1, null, null], [null, 0, null]] }, { code: 'b', notes: [], values: [[1, 1, 1]] }] }
  expect(placeOf(table, [{ code: 'a' }], '')).toBe(1)
  expect(placeOf(table, [{ code: 'a' }], '2026-01')).toBe(0)
  expect(placeOf(table, [{ code: 'a' }, { code: 'b' }], '2027-01')).toBe(2)
  expect(placeOf(table, [], '')).toBe(2)
})
