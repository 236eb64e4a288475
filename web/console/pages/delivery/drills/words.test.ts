import { describe, expect, it } from 'vitest'
import { t } from '@/shared/i18n.ts'
import { claimed, heard, took, type Part } from './words.ts'

describe('the figures of a part of a drill', () => {
  const part = (p: Partial<Part>): Part => ({ key: '', targets: 10, claimed: 0, ears: 0, ...p }) as Part
  it('says of a medium that reports no playing that it does not, instead of none', () => {
    const p = part({ key: 'out.push', unclaimed: true, claimed: 10, half: 400 })
    expect(claimed(p)).toBe(`— ${t('drills.unclaimed')}`)
    expect(took(p, 'half')).not.toBe(t('drills.never'))
  })
  it('counts what was heard among the targets with a microphone', () => {
    expect(heard(part({ heard: 3, ears: 4 }))).toBe('75.0%')
    expect(heard(part({ ears: 4 }))).toBe(t('drills.not_measured'))
  })
})
