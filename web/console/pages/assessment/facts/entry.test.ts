import { expect, it } from 'vitest'
import { addCatalogues } from '@/shared/i18n.ts'
import zh from '../../../../shared/locales/zh/measure.json'
import { blank, fault, ready, restored, stated } from './entry.ts'

addCatalogues({ './zh/measure.json': zh })
const row = (over: object) => ({ ...blank(), element: 'visits', region: '110105000000', period: '2026-10', value: '12', ...over })
const element = { period: 'month' as const }

it('says what is wrong with a row, and where', () => {
  expect(fault(row({}), element)).toBeUndefined()
  expect(fault(row({}), undefined)?.field).toBe('element')
  expect(fault(row({ region: '' }), element)?.field).toBe('region')
  expect(fault(row({ period: '2026' }), element)?.field).toBe('period')
  expect(fault(row({ value: 'many' }), element)?.field).toBe('value')
  expect(fault(row({ value: '1,234.5' }), element)).toBeUndefined()
})
it('sends a row, and what takes it back', () => {
  expect(stated(row({ value: '1,234.5' }))).toEqual({ element: 'visits', unit: '110105000000', period: '2026-10', value: 1234.5 })
  expect(restored([row({ said: 'new', known: null }), row({ said: 'changed', known: 0 }), row({ said: 'same', known: 12 })]).map((r) => r.value)).toEqual([null, 0])
  expect(ready(blank())).toBe(false)
})

it('says that a place was not found, and that a period is still to come', () => {
  const now = new Date('2026-11-30T00:00:00Z')
  expect(fault(row({ region: '', place: '' }), element, now)?.message).toBe('请选择区域。')
  expect(fault(row({ region: '', place: '朝阳区' }), element, now)?.message).toContain('不在您负责的区域内')
  expect(fault(row({ period: '2026-12' }), element, now)).toMatchObject({ field: 'period' })
  expect(fault(row({ period: '2026-11' }), element, now)).toBeUndefined()
  expect(fault(row({ period: '2031-2035' }), { period: 'plan' }, now)).toBeUndefined()
})
