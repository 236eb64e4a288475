import { describe, expect, it } from 'vitest'
import { careOf, daysBetween, runs } from './party.ts'

describe('parties', () => {
  it('hold a day between their ends', () => {
    expect(runs({ from: '2026-01-01', until: '2026-01-03' }, '2026-01-03')).toBe(true)
    expect(runs({ from: '2026-01-01', until: '2026-01-03' }, '2026-01-04')).toBe(false)
    expect(runs({ from: '2026-01-01' }, '2099-01-01')).toBe(true)
    expect(runs({ from: '2026-01-02' }, '2026-01-01')).toBe(false)
  })
  it('count days over months', () => expect(daysBetween('2026-02-27', '2026-03-02')).toBe(3))
  it('need care by how their licences stand', () => {
    expect(careOf({ stands: 'valid', daysLeft: 90 })).toBe('soon')
    expect(careOf({ stands: 'valid', daysLeft: 91 })).toBe('well')
    expect(careOf({ stands: 'valid' })).toBe('well')
    expect(careOf({ stands: 'expired', daysLeft: -1 })).toBe('over')
    expect(careOf({ stands: 'suspended', daysLeft: 3 })).toBe('held')
  })
})
