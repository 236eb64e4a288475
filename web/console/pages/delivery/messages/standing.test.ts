import { expect, it } from 'vitest'
import { merge, type Figures } from './standing.ts'
import { markOfState } from './words.ts'

it('takes the newest state of each terminal and keeps what the telling does not count', () => {
  const old = { states: new Map([['a', 'sent'], ['b', 'playing']]), figures: { late: 3, offline: 2 } as Figures }
  const next = merge(old, { figures: { targets: 2, late: 0, offline: 0 } as Figures, changed: { playing: ['a'], played: ['b'], failed: null } })
  expect([...next.states]).toEqual([['a', 'playing'], ['b', 'played']])
  expect([next.figures!.targets, next.figures!.late, next.figures!.offline]).toEqual([2, 3, 2])
  expect(old.states.get('a')).toBe('sent')
})

it('shows a terminal that cannot answer as silent, not as waiting', () => {
  expect([markOfState('sent', 'online'), markOfState('sent', 'offline'), markOfState('refused', 'online'), markOfState('queued', 'online')]).toEqual(['waiting', 'silent', 'failed', 'received'])
})
