import { expect, it } from 'vitest'
import { addCatalogues } from '@/shared/i18n.ts'
import zh from '../../../../shared/locales/zh/measure.json'
import { blank, changed, faultsOf, ready, restored, stated } from './entry.ts'

addCatalogues({ './zh/measure.json': zh })
const row = (over: object) => ({ ...blank(), element: 'visits', region: '110105000000', period: '2026-10', value: '12', ...over })
const element = { period: 'month' as const }

it('says what is wrong with a row, and where', () => {
  expect(faultsOf(row({}), element)).toEqual({})
  expect(Object.keys(faultsOf(row({}), undefined))).toEqual(['element'])
  expect(Object.keys(faultsOf(row({ region: '' }), element))).toEqual(['region'])
  expect(Object.keys(faultsOf(row({ period: '2026' }), element))).toEqual(['period'])
  expect(Object.keys(faultsOf(row({ value: 'many' }), element))).toEqual(['value'])
  expect(faultsOf(row({ value: '1,234.5' }), element)).toEqual({})
  expect(Object.keys(faultsOf(row({ region: '', period: 'abc', value: 'abc' }), element))).toEqual(['region', 'period', 'value'])
})
it('sends a row, and what takes it back', () => {
  expect(stated(row({ value: '1,234.5' }))).toEqual({ element: 'visits', unit: '110105000000', period: '2026-10', value: 1234.5 })
  expect(restored([row({ said: 'new', known: null }), row({ said: 'changed', known: 0 }), row({ said: 'same', known: 12 })]).map((r) => r.value)).toEqual([null, 0])
  expect(ready(blank())).toBe(false)
})

it('says that a place was not found, and that a period is still to come', () => {
  const now = new Date('2026-11-30T00:00:00Z')
  expect(faultsOf(row({ region: '', place: '' }), element, now).region).toBe('请选择区域。')
  expect(faultsOf(row({ region: '', place: '朝阳区' }), element, now).region).toContain('不在您负责的区域内')
  expect(faultsOf(row({ period: '2026-12' }), element, now).period).toContain('还没有开始')
  expect(faultsOf(row({ period: '2026-11' }), element, now)).toEqual({})
  expect(faultsOf(row({ period: '2031-2035' }), { period: 'plan' }, now)).toEqual({})
})

it('takes a period as the pages show it, and sends it as the server writes it', () => {
  expect(faultsOf(row({ period: 'Oct 2026' }), element, new Date('2026-11-30T00:00:00Z'))).toEqual({})
  expect([stated(row({ period: 'Oct 2026' })).period, stated(row({ period: '2026年10月' })).period]).toEqual(['2026-10', '2026-10'])
})
it('leaves what was said of a field behind once it is changed', () => {
  const r = row({ faults: { value: '-5 低于下限 0', region: '没有', '': '不行' } })
  changed(r, 'value')
  expect(r.faults).toEqual({ region: '没有' })
})
