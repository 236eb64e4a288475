import { describe, expect, it } from 'vitest'
import { arranged, moved, nearestFirst } from './day.ts'
import { fitted } from './photo.ts'

const a = (id: string, due?: string, lon?: number) => ({ view: { id }, due, place: lon === undefined ? undefined : { lon, lat: 40 } }) as never
const ids = (list: { view: { id: string } }[]) => list.map((c) => c.view.id).join('')

describe('the day', () => {
  const cases = [a('x', '2026-03-03T00:00:00Z'), a('y', '2026-03-01T00:00:00Z'), a('z'), a('u', '2026-03-02T00:00:00Z')]
  it('is by what is due', () => expect(ids(arranged(cases, []))).toBe('yuxz'))
  it('is by hand where it was changed, with what is new in its place', () => {
    expect(ids(arranged(cases, ['z', 'x', 'gone', 'y']))).toBe('uzxy')
    expect(ids(arranged(cases, ['y', 'x']))).toBe('yuxz')
  })
  it('can go from one to the nearest next', () => {
    expect(nearestFirst([a('far', '', 3), a('none'), a('near', '', 1), a('mid', '', 2)], { lon: 0, lat: 40 }).join(' ')).toBe('near mid far none')
  })
  it('is changed a place at a time', () => {
    expect(moved(['a', 'b', 'c'], 'b', -1)).toEqual(['b', 'a', 'c'])
    expect(moved(['a', 'b', 'c'], 'c', 1)).toEqual(['a', 'b', 'c'])
  })
})

describe('pictures', () => {
  it('fit', () => {
    expect(fitted(4000, 3000)).toEqual([1600, 1200])
    expect(fitted(800, 1600)).toEqual([800, 1600])
  })
})
