import { expect, it } from 'vitest'
import { playingOf } from './playing.ts'

it('finds what a device plays by the id of its order', () => {
  const onAir = [{ id: '01J3Z8Q4W5X6Y7Z8A9B0C1D2E3', ebmid: '31100000000000101010101202611280001', title: '暴雨橙色预警' }]
  expect(playingOf(onAir, '01J3Z8Q4W5X6Y7Z8A9B0C1D2E3')?.title).toBe('暴雨橙色预警')
  expect(playingOf(onAir, '31100000000000101010101202611280001')).toBeUndefined()
  expect(playingOf(onAir, undefined)).toBeUndefined()
})
