import { expect, it } from 'vitest'
import { merge, type Figures } from './standing.ts'
import { markOf } from './words.ts'

it('takes the newest state of each terminal and keeps what the telling does not count', () => {
  const old = { states: new Map([['a', 'sent'], ['b', 'playing']]), figures: { late: 3, offline: 2 } as Figures }
  const next = merge(old, { figures: { targets: 2, late: 0, offline: 0 } as Figures, changed: { playing: ['a'], played: ['b'], failed: null } })
  expect([...next.states]).toEqual([['a', 'playing'], ['b', 'played']])
  expect([next.figures!.targets, next.figures!.late, next.figures!.offline]).toEqual([2, 3, 2])
  expect(old.states.get('a')).toBe('sent')
})

it('shows a terminal by what it claims, what the clock says and what was heard', () => {
  expect(markOf('sent', 'online', undefined, false)).toBe('waiting')
  expect(markOf('sent', 'offline', undefined, false)).toBe('silent')
  expect(markOf('sent', 'online', 'late', false)).toBe('late')
  expect(markOf('refused', 'online', 'failed', false)).toBe('failed')
  expect(markOf('queued', 'online', undefined, false)).toBe('received')
  expect(markOf('cancelled', 'online', undefined, true)).toBe('stopped')
  expect(markOf('queued', 'online', 'late', false)).toBe('late')
  expect([markOf('played', 'online', undefined, false), markOf('played', 'online', undefined, true), markOf('played', 'online', 'unheard', true)]).toEqual(['played', 'heard', 'played'])
})
