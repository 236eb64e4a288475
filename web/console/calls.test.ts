import { describe, expect, it } from 'vitest'
import { flashed, topmost, type Item } from './calls.ts'
import { tones } from './alarm.ts'
import { timesOf } from './pages/delivery/duty/roster.ts'
import { pathOfRows } from './pages/delivery/duty/qr.ts'

const item = (id: string, sounds: boolean) => ({ id, sounds }) as Item

describe('the duty desk', () => {
  it('takes the topmost of what sounds', () => {
    expect(topmost([item('a', false), item('b', true), item('c', true)])?.id).toBe('b')
    expect(topmost([item('a', false)])).toBeUndefined()
    expect(topmost(undefined)).toBeUndefined()
  })
  it('calls from the title every other second, and not when nothing sounds', () => {
    expect(flashed('值班', '待处理', 2, 4)).toBe('(2) 待处理')
    expect(flashed('值班', '待处理', 2, 5)).toBe('(2) 值班')
    expect(flashed('值班', '待处理', 0, 4)).toBe('值班')
  })
  it('has two tones that do not overlap', () => {
    expect(tones).toHaveLength(2)
    expect(tones[0].until).toBeLessThan(tones[1].at)
    expect(tones[0].hertz).not.toBe(tones[1].hertz)
  })
  it('reads times of day as people type them', () => {
    expect(timesOf('8:00，20：00')).toEqual(['08:00', '20:00'])
    expect(timesOf(' 00:00 、12:30 ')).toEqual(['00:00', '12:30'])
    expect(timesOf('')).toEqual([])
  })
  it('draws runs of dark squares', () => expect(pathOfRows(['0110', '1001'])).toBe('M1 0h2v1h-2zM0 1h1v1h-1zM3 1h1v1h-1z'))
})
