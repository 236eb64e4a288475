import { expect, it } from 'vitest'
import { countOf, failing, itemsOf } from './kept.ts'

const row = (item: string, unit: string, standing: 'kept' | 'failed' | 'unknown', more = {}) =>
  ({ standard: 's', code: 'S', number: 2, item, headingZh: item, headingEn: item, indicator: 'x', unit, at: unit, standing, data: '', unitZh: '', unitEn: '', places: 0, comparison: 'at_least' as const, ...more })

it('counts an item as failed where any district fails it, and as kept where all keep it', () => {
  const items = itemsOf([row('radio', '110101000000', 'kept'), row('radio', '110102000000', 'failed'), row('radio', '110105000000', 'unknown'), row('tv', '110101000000', 'kept'), row('tv', '110102000000', 'kept'),
    row('repair', '110101000000', 'kept', { stale: true }), row('repair', '110102000000', 'unknown'), row('sign', '110101000000', 'failed', { at: '110000000000' }), row('sign', '110102000000', 'failed', { at: '110000000000' })])
  expect(items.map((i) => [i.item, i.standing, i.failed, i.stale])).toEqual([['radio', 'failed', ['110102000000'], 0], ['tv', 'kept', [], 0], ['repair', 'unknown', [], 1], ['sign', 'failed', ['110000000000'], 0]])
  expect(countOf(items)).toEqual({ kept: 1, failed: 2, unknown: 1 })
  expect(failing(items)).toEqual([{ code: '110000000000', count: 1 }, { code: '110102000000', count: 1 }])
})
it('leaves an item of the region above to that region, whatever its code ends in', () => {
  expect(itemsOf([row('sign', '320581102000', 'failed', { at: '320581000000' }), row('fibre', '320581102000', 'failed', { at: '' })]).map((i) => i.failed)).toEqual([['320581000000'], ['320581102000']])
})
