import { expect, it } from 'vitest'
import { fresh } from './draft.ts'
import { expectation, standingOf } from './latest.ts'
import { next, periodNow, run } from '../measure/period.ts'

it('stands where it was last known', () => {
  const now = periodNow('month')
  const periods = run(next(now, -3), now)
  const cells = [80, 90, 95, null].map((value) => ({ value }))
  const standing = standingOf(cells, periods, false)
  expect(standing.last).toEqual({ at: periods[2], cell: { value: 95 } })
  expect(standingOf(cells.map(() => ({ value: null })), periods, true).last).toBeUndefined()
  const soFar = [80, 90, 95, 3].map((value) => ({ value }))
  expect([false, true].map((accrues) => standingOf(soFar, periods, accrues).last!.cell.value)).toEqual([3, 95])
  expect(standingOf([null, null, null, 3].map((value) => ({ value })), periods, true).last!.cell.value).toBe(3)
  const d = { ...fresh(), targets: [{ value: 92, by: '2190', zone: '', source: '' }], accrues: false, builtIn: false, sample: false, revision: 1 }
  expect(expectation(d, standing, '', [])?.outlook).toBe('met')
  expect(expectation(d, undefined, '', [])?.outlook).toBe('unknown')
  expect(expectation({ ...d, targets: [] }, standing, '', [])).toBeUndefined()
})
