import { expect, it } from 'vitest'
import { addCatalogues } from '@/shared/i18n.ts'
import zh from '@/shared/locales/zh/measure.json'
import { codeFrom, copied, fresh, sent, tried, unfinished } from './draft.ts'

it('makes a code of a name, and another where it is taken', () => {
  expect(codeFrom('Village visits, per month', [])).toBe('village_visits_per_month')
  expect(codeFrom('24-hour Café', ['hour_cafe'])).toBe('hour_cafe_2')
  expect(codeFrom('巡查', [])).toBe('')
})
it('copies a definition under a name of its own', () => {
  const d = { ...fresh(), code: 'alert_reach', nameZh: '到达率', nameEn: 'Reach', accrues: false, builtIn: true, sample: false, revision: 4 }
  expect(copied(d, ['alert_reach'])).toMatchObject({ code: 'alert_reach_2', nameZh: '到达率（副本）', nameEn: 'Reach (copy)' })
  expect(copied(d, [])).not.toHaveProperty('builtIn')
})
it('tries what is not finished, and sends only what counts', () => {
  expect(tried(fresh())).toMatchObject({ code: 'trial', nameZh: '…', nameEn: '…' })
  const union = { ...fresh(), aggregate: 'union' as const, numerator: 'x', parts: ['a'] }
  expect(sent(union)).toMatchObject({ numerator: '', parts: ['a'], base: 'district' })
  expect(sent({ ...union, aggregate: 'formula', base: 'township', weight: 'w' })).toMatchObject({ numerator: 'x', parts: [], base: '', weight: '' })
})
it('says what is no number and no period before it is sent', () => {
  const d = { ...fresh(), places: NaN, impute: { rule: 'carry' as const, periods: NaN, value: NaN }, targets: [{ value: NaN, by: 'soon', zone: '', source: '' }, { value: 9, by: '2026Q4', zone: '', source: '' }] }
  expect(unfinished(d).map((p) => p.location)).toEqual(['places', 'impute.periods', 'targets[0].value', 'targets[0].by'])
  expect(unfinished(fresh())).toEqual([])
  expect(tried(d)).toMatchObject({ places: 0, targets: [], impute: { rule: 'carry', periods: 0, value: 0 } })
})
it('takes the end of a target as the pages show it, and says all that it may be', () => {
  addCatalogues({ './zh/x.json': zh })
  const targets = (by: string) => [{ value: 9, by, zone: '', source: '' }]
  expect(sent({ ...fresh(), targets: targets('2026年第四季度') }).targets[0]!.by).toBe('2026Q4')
  expect(unfinished({ ...fresh(), targets: targets('明年') })[0]!.message).toContain('如 2026、2026Q4、2026-12')
})
