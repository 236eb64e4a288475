import { describe, expect, it } from 'vitest'
import { countersignKey, isSilent, issuedKey, startsLater } from './words.ts'

const now = Date.parse('2026-11-28T06:00:00Z')

describe('what a countersignature brings about', () => {
  it('is at once only where nothing is set for later', () => {
    expect(startsLater('2026-11-29T00:00:00Z', now)).toBe('2026-11-29T00:00:00Z')
    expect([startsLater('2026-11-28T05:00:00Z', now), startsLater(undefined, now)]).toEqual([undefined, undefined])
    expect([countersignKey(1, false, false), countersignKey(1, true, false), countersignKey(2, true, false)]).toEqual(['countersign.last', 'countersign.last_later', 'countersign.more_later'])
    expect([issuedKey(false, false), issuedKey(true, false)]).toEqual(['act.done.issued', 'act.done.issued_later'])
  })
  it('reaches no terminal in a drill that stops before them', () => {
    expect(['real', 'terminal_drill', 'head_end_drill', 'platform_drill'].map(isSilent)).toEqual([false, false, true, true])
    expect([countersignKey(1, false, true), countersignKey(2, false, true), issuedKey(false, true)]).toEqual(['countersign.last_silent', 'countersign.more_silent', 'act.done.issued_silent'])
  })
})
