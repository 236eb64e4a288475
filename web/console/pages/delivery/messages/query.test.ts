import { expect, it } from 'vitest'
import { listQuery, narrowing } from './query.ts'

it('takes whole days, the last one included', () => {
  const q = listQuery({ from: '2026-11-24', to: '2026-11-24' })
  expect(Date.parse(q.to!) - Date.parse(q.from!)).toBe(24 * 3_600_000)
  expect(new Date(q.from!).getHours()).toBe(0)
})

it('leaves out what the API does not know', () => {
  const q = listQuery({ state: 'flying', severity: 'red', from: 'yesterday', kind: 'real' })
  expect([q.state, q.severity, q.from, q.kind]).toEqual([undefined, 'red', undefined, 'real'])
  expect(listQuery({ state: 'ended' }).state).toEqual(['ended'])
})

it('keeps apart what says how a message is shown', () =>
  expect(narrowing({ q: 'rain', part: 'terminals', d_state: 'failed' })).toEqual({ q: 'rain' }))
