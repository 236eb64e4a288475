import { describe, expect, it } from 'vitest'
import { behind, standing } from './links.ts'

const now = Date.parse('2026-07-21T08:00:00Z')

describe('a node', () => {
  it.each([
    [{ state: 'invited', up: false, expires: '2026-07-21T09:00:00Z' }, 'invited'],
    [{ state: 'invited', up: false, expires: '2026-07-21T08:00:00Z' }, 'expired'],
    [{ state: 'joined', up: true }, 'up'],
    [{ state: 'joined', up: false }, 'down'],
    [{ state: 'revoked', up: true }, 'revoked'],
  ] as const)('that is %o stands %s', (n, want) => expect(standing(n, now)).toBe(want))

  it('is behind by all its streams', () => {
    expect(behind({ streams: [{ name: 'messages', behind: 2 }, { name: 'receipts', behind: 40 }] })).toBe(42)
    expect(behind({ streams: null })).toBe(0)
  })
})
