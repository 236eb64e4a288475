import { expect, it } from 'vitest'
import { addCatalogues } from '@/shared/i18n.ts'
import { fresh } from '../indicators/draft.ts'
import { around, marked, targetLines, targetOf, targetsOf } from './holds.ts'
import { parse } from './period.ts'

addCatalogues({ './zh/x.json': { 'measure.target.is': '{target}', 'measure.target.up': '{by}达到 {value}', 'measure.target_line': '目标 {value}', 'measure.targets_own': '各自的目标', 'period.year': '{year}年' }, './en/x.json': { 'measure.target.is': '', 'measure.target.up': '', 'measure.target_line': '', 'measure.targets_own': '', 'period.year': '' } })
const now = parse('2026-09')!
const [city, whole] = ['110000000000', 'cn.11.']
const targets = [{ value: 98, by: '2025', zone: 'centre', source: '' }, { value: 90, by: '2025', zone: 'hills', source: '' }, { value: 95, by: '2026', zone: '', source: '' }, { value: 100, by: '2025', zone: '', region: city, source: '' }, { value: 120, by: '2027', zone: '', region: city, source: '' }]
const zones = [{ code: 'centre', name: '', members: ['110101000000'] }, { code: 'hills', name: '', members: ['110109000000'] }]
const d = { ...fresh(), targets, accrues: true, builtIn: false, sample: false, revision: 1 }

it('knows the regions that a region lies in', () => {
  expect(around('cn.11.110109.110109001.110109001002.')).toEqual(['110109001002', '110109001000', '110109000000', city])
  expect(around('')).toEqual([])
})
it('binds a unit by its own target, else by that of its zone, else by the one for all', () => {
  expect(targetOf(d, 'cn.11.110109.', zones, now)).toMatchObject({ value: 90, zone: 'hills' })
  expect(targetOf(d, 'cn.11.110109.110109001.', zones, now)).toMatchObject({ value: 90 })
  expect(targetOf(d, 'cn.11.110112.', zones, now)).toMatchObject({ value: 95, zone: '' })
  expect(targetOf(d, whole, zones, now)).toMatchObject({ value: 120 })
  expect(targetsOf([{ value: 7, by: '2026', zone: '', region: '110109001000', source: '' }, ...targets], 'cn.11.110109.110109001.', zones).map((x) => x.value)).toEqual([7]) // of a thing that stands there too
  expect(targetsOf(targets.slice(3), 'cn.11.110112.', zones)).toEqual([])
})
it('marks each bar at its own target, and says so', () => {
  const row = (path: string) => ({ unit: { path } })
  const bars = marked(d, [row('cn.11.110101.'), row('cn.11.110109.')], zones, now)
  expect(bars.rows.map((r) => r.target)).toEqual([98, 90])
  expect(bars.target).toContain('各自')
  expect(marked(d, [row('cn.11.110112.'), row('cn.11.110113.')], zones, now).target).toContain('95')
  expect(marked({ ...d, targets: [] }, [row(whole)], zones, now).target).toBeUndefined()
})
it('draws the targets of the unit that a chart is of', () => {
  expect(targetLines(d, whole, zones, d.period).map((x) => x.value)).toEqual([100, 120])
  expect(targetLines(d, 'cn.11.110101.', zones, d.period).map((x) => x.value)).toEqual([98])
})
it('asks of a quarter nothing that is asked of a month', () => {
  const quarter = parse('2026Q3')!
  expect(targetOf(d, whole, zones, quarter)).toBeUndefined()
  expect(targetLines(d, whole, zones, 'year')).toEqual([])
  expect(targetOf({ ...d, accrues: false }, whole, zones, quarter)).toMatchObject({ value: 120 }) // a share is one in any period
  expect(targetLines({ ...d, accrues: false }, whole, zones, 'year')).toHaveLength(2)
  expect(marked(d, [{ unit: { path: whole } }], zones, quarter)).toEqual({ rows: [{ unit: { path: whole }, target: undefined }], target: undefined })
})
