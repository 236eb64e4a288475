import { describe, expect, it } from 'vitest'
import { areaKm2, boxOf, closed, insertCorner, middles, moveCorner, open, parsePosition, selfCrossing, type Ring } from './shape.ts'

const square: Ring = [[116, 40], [117, 40], [117, 41], [116, 41]]

describe('shapes', () => {
  it('opens what it closed', () => {
    expect(open(closed(square))).toEqual(square)
    expect(open(square)).toEqual(square)
  })
  it('keeps the other corners when one moves', () => {
    expect(moveCorner(square, 1, [118.0000049, 40])).toEqual([[116, 40], [118, 40], [117, 41], [116, 41]])
  })
  it('puts a new corner between its neighbours', () => {
    expect(insertCorner(square, 3, [116, 40.5])).toEqual([...square, [116, 40.5]])
    expect(middles(square)[3]).toEqual([116, 40.5])
  })
  it('sees a bow tie and no other', () => {
    expect(selfCrossing([[0, 0], [1, 1], [1, 0], [0, 1]])).toBe(true)
    expect(selfCrossing(square)).toBe(false)
    expect(selfCrossing([[0, 0], [4, 0], [4, 4], [2, 1], [0, 4]])).toBe(false)
  })
  it('measures a degree square at 40° as the ellipsoid does', () => {
    expect(areaKm2(square)).toBeGreaterThan(9300)
    expect(areaKm2(square)).toBeLessThan(9500)
  })
  it('reads typed positions in either order', () => {
    expect(parsePosition('116.4, 39.9')).toEqual([116.4, 39.9])
    expect(parsePosition('39.9，116.4')).toEqual([116.4, 39.9])
    expect(parsePosition('116.4')).toBeUndefined()
    expect(parsePosition('200 300')).toBeUndefined()
  })
  it('boxes', () => {
    expect(boxOf(square)).toEqual([116, 40, 117, 41])
    expect(boxOf([])).toBeUndefined()
  })
})
