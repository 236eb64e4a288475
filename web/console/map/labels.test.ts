import { describe, expect, it } from 'vitest'
import { labelsIn, pixelOf, placeIn, positionOf, wordingsOf, type Box } from './labels.ts'
import type { Position, Ring } from './shape.ts'

const view: Box = { at: [0, 0], half: [500, 500] }
const square: Ring = [[0, 0], [100, 0], [100, 100], [0, 100]]
// A district like a hook: its middle is outside of it.
const hook: Ring = [[0, 0], [100, 0], [100, 100], [80, 100], [80, 20], [0, 20]]

describe('a name', () => {
  it('stands where the register has it when there is room', () => {
    expect(placeIn([square], [50, 50], [20, 8], view, [])).toEqual([50, 50])
  })
  it('gives way to a cluster, but never leaves its outline', () => {
    const at = placeIn([square], [50, 50], [20, 8], view, [{ at: [50, 50], half: [12, 12] }])!
    expect(Math.abs(at[0] - 50) >= 32 || Math.abs(at[1] - 50) >= 20).toBe(true)
    expect(at[0] >= 20 && at[0] <= 80 && at[1] >= 8 && at[1] <= 92).toBe(true)
    expect(placeIn([square], [50, 50], [20, 8], view, [{ at: [50, 50], half: [45, 45] }])).toBeUndefined()
  })
  it('is dropped where it would cross the outline', () => {
    expect(placeIn([square], [50, 50], [60, 8], view, [])).toBeUndefined()
    expect(placeIn([hook], [50, 60], [5, 5], view, [])![0]).toBeGreaterThan(80)
    expect(placeIn([hook], [50, 60], [20, 12], view, [])).toBeUndefined()
  })
  it('stays in the view', () => {
    expect(placeIn([square], [50, 50], [10, 8], { at: [0, 0], half: [40, 40] }, [])).toSatisfy((p: Position) => p[0] <= 30 && p[1] <= 32)
  })
  it('grows shorter and smaller before it is dropped', () => {
    const name = { name: '朝阳区', nameEn: 'Chaoyang District' }
    expect(wordingsOf(name, 'en', [14, 12], false).map((w) => [w.text, w.size])).toEqual([['Chaoyang District', 14], ['Chaoyang', 14], ['Chaoyang', 12]])
    expect(wordingsOf(name, 'en', [14, 12], true).map((w) => w.text)).toEqual(['Chaoyang', 'Chaoyang'])
    expect(wordingsOf(name, 'zh', [14], true)).toEqual([{ text: '朝阳区', size: 14 }])
    expect(wordingsOf({ name: '鼓楼街道', nameEn: '' }, 'en', [12], false)).toEqual([{ text: '鼓楼街道', size: 12 }])
  })
  it('takes the pixels of the map and gives them back', () => {
    const back = positionOf(pixelOf([116.4, 39.9], 8), 8)
    expect(back[0]).toBeCloseTo(116.4, 6)
    expect(back[1]).toBeCloseTo(39.9, 6)
  })
  it('is given for each outline that has room', () => {
    const outlines = { type: 'FeatureCollection' as const, features: [
      { type: 'Feature' as const, geometry: { type: 'Polygon' as const, coordinates: [[[116, 39], [117, 39], [117, 40], [116, 40], [116, 39]]] },
        properties: { code: '1', path: 'cn.1.', name: '大区', level: 'district', label: [116.5, 39.5] as Position } },
      { type: 'Feature' as const, geometry: { type: 'Polygon' as const, coordinates: [[[117, 39], [117.01, 39], [117.01, 39.01], [117, 39]]] },
        properties: { code: '2', path: 'cn.2.', name: '小区', level: 'district', label: [117.005, 39.003] as Position } },
    ] }
    const middle: Box = { at: pixelOf([116.5, 39.5], 8), half: [700, 450] }
    const found = labelsIn(outlines, 8, middle, [], (p) => wordingsOf(p, 'zh', [14, 11], false), (w) => w.text.length * w.size)
    expect(found.features.map((f) => f.properties!.text)).toEqual(['大区'])
  })
})
