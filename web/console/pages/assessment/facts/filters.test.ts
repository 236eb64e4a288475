import { expect, it } from 'vitest'
import { zone } from '@/shared/clock.ts'
import { factQuery, narrowing } from './filters.ts'

it('asks for what the address says, and for nothing that makes no sense', () => {
  expect(factQuery({ element: 'x', from: '2026-07', to: 'soon', source: 'hand', old: 'yes' })).toEqual({ element: 'x', from: '2026-07', to: undefined, source: 'hand', old: true, corrects: undefined, unit: undefined, region: undefined, origin: undefined, asOf: undefined })
  expect(factQuery({ from: '2026-07', source: 'rumour' })).toMatchObject({ from: undefined, source: undefined })
  zone.value = 'Asia/Shanghai'
  expect(factQuery({ asOf: '2026-11-28T00:05' }).asOf).toBe('2026-11-27T16:05:00.000Z')
  zone.value = undefined
  expect(factQuery({ asOf: 'then' }).asOf).toBeUndefined()
  expect(narrowing({ element: 'x', part: 'y' })).toEqual({ element: 'x' })
})
