import { expect, it } from 'vitest'
import { fresh, sent } from './element.ts'

it('sends no bound that was left empty', () => {
  expect(sent({ ...fresh(), min: NaN, max: 10 })).not.toHaveProperty('min')
  expect(sent({ ...fresh(), min: 0, max: NaN })).toMatchObject({ min: 0 })
  expect(sent(fresh())).not.toHaveProperty('max')
})
