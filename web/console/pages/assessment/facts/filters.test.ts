import { expect, it } from 'vitest'
import { factQuery, narrowing } from './filters.ts'

it('asks for what the address says, and for nothing that makes no sense', () => {
  expect(factQuery({ element: 'x', from: '2026-07', to: 'soon', source: 'hand', old: 'yes' })).toEqual({ element: 'x', from: '2026-07', to: undefined, source: 'hand', old: true, corrects: undefined, unit: undefined, region: undefined, origin: undefined })
  expect(factQuery({ from: '2026-07', source: 'rumour' })).toMatchObject({ from: undefined, source: undefined })
  expect(narrowing({ element: 'x', part: 'y' })).toEqual({ element: 'x' })
})
