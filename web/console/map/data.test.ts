import { describe, expect, it } from 'vitest'
import { areasOf, outlinesOf, smallAt, type Outlines, ringsOf, shadesOf } from './data.ts'
import type { Ring } from './shape.ts'

const outline = (path: string, level: string) => ({
  type: 'Feature' as const, geometry: { type: 'Polygon' as const, coordinates: [[[116, 40], [117, 40], [117, 41], [116, 40]]] },
  properties: { code: path.split('.').filter(Boolean).at(-1)!.padEnd(12, '0'), path, name: path, level },
})
const of = (level: string, ...paths: string[]): Outlines => ({ type: 'FeatureCollection', features: paths.map((p) => outline(p, level)) })
const city = of('city', 'cn.11.')
const districts = of('district', 'cn.11.110101.', 'cn.11.110118.')
const townships = of('township', 'cn.11.110118.110118102.')
const found = (all: (Outlines | undefined)[], ...codes: string[]) => outlinesOf(all, codes).features.map((f) => f.properties.path)

describe('outlines of regions', () => {
  it('draws a whole city by its own outline, or by its districts', () => {
    expect(found([city, districts, townships], '110000000000')).toEqual(['cn.11.'])
    expect(found([undefined, districts, townships], '110000000000')).toEqual(['cn.11.110101.', 'cn.11.110118.'])
  })
  it('draws a township once its outline is there, and no region twice', () => {
    expect(found([undefined, districts, townships], '110118102000')).toEqual(['cn.11.110118.110118102.'])
    expect(found([undefined, districts], '110118102000')).toEqual([])
    expect(found([undefined, districts], '110000000000', '110101000000')).toEqual(['cn.11.110101.', 'cn.11.110118.'])
  })
})

describe('shades', () => {
  it('colours the regions that have one, and keeps what nothing is known of apart', () => {
    const outline = (code: string) => ({ type: 'Feature' as const, geometry: { type: 'Polygon' as const, coordinates: [[[0, 0], [1, 0], [1, 1], [0, 0]]] }, properties: { code, path: '', name: '', level: 'district' } })
    const outlines = { type: 'FeatureCollection' as const, features: ['a', 'b', 'c'].map(outline) }
    expect(shadesOf(outlines, new Map([['a', '#123'], ['b', null]])).features.map((f) => f.properties)).toEqual([{ code: 'a', colour: '#123' }, { code: 'b', colour: '' }])
    expect(shadesOf(outlines, undefined).features).toEqual([])
    expect(ringsOf(outlines, 'b')).toEqual([[[0, 0], [1, 0], [1, 1], [0, 0]]])
  })
})

describe('areas', () => {
  const area = (over: object) => areasOf([{ id: 'a', severity: 'red', drill: false, polygons: [], ...over }]).features.map((f) => [f.geometry.type, f.properties!.tiny])
  it('marks what is too small to be found on a map of the city, by the whole of it', () => {
    const [large, tiny]: Ring[] = [[[116, 40], [117, 40], [117, 41], [116, 40]], [[116, 40], [116.01, 40], [116.01, 40.01], [116, 40]]]
    expect([smallAt([large!]), smallAt([tiny!]).length, smallAt([large!, tiny!])]).toEqual([[], 1, []])
    expect(area({ polygons: [tiny], small: smallAt([tiny!]) })).toEqual([['Polygon', undefined], ['Point', true]])
  })
  it('shows a place without an outline', () => {
    expect(area({ spots: [[116, 40]] })).toEqual([['Point', false]])
  })
})
