import { expect, it } from 'vitest'
import { meant } from './book.ts'
import { originOf, toExplorer, usersOf } from './links.ts'
import { typed } from './pinyin.ts'

it('leads from a fact to its message, and there to its township', () => {
  expect(originOf({ origin: 'alert:01ABC', region: '110105001000', element: 'alert.reached', ref: '01ABC' })?.to).toEqual({ name: 'messages', params: { id: '01ABC' }, query: { part: 'terminals', d_township: '110105001000' } })
  expect(originOf({ origin: 'alert:01ABC', region: '110000000000', element: 'alert.reached', ref: '01ABC' })?.to).toEqual({ name: 'messages', params: { id: '01ABC' }, query: { part: 'terminals' } })
  expect(originOf({ origin: 'hand:01ABC', region: '110105001000', element: 'repair.jobs', ref: '' })).toBeUndefined()
  expect(toExplorer({ indicator: 'a', level: '' })).toEqual({ name: 'explorer', query: { indicator: 'a' } })
})
it('leads from a fact to its fund, devices, return, survey and file', () => {
  const of = (origin: string, element = 'repair.jobs', ref = '') => originOf({ origin, element, ref, region: '110105000000' })
  expect(of('sample:funds', 'fund.paid.upkeep', '01F')?.to).toEqual({ name: 'funds', params: { id: '01F' } })
  expect(of('hand:1', 'repair.jobs', '01F')).toBeUndefined()
  expect(of('device:standing', 'device.online')?.to).toEqual({ name: 'devices', query: { region: '110105000000' } })
  expect(of('return:monthly/110105000000/2026-07')?.to).toEqual({ name: 'return', params: { form: 'monthly', unit: '110105000000', period: '2026-07' } })
  expect(of('survey:01S')?.to).toEqual({ name: 'survey', params: { id: '01S', tab: 'results' } })
  expect(of('import:01I')?.may).toBe('measure.state')
})
it('knows what is reckoned with a code', () => {
  const d = (code: string, numerator: string, aggregate = 'formula', weight = '') => ({ code, numerator, denominator: '', parts: [], aggregate, weight }) as never
  const all = [d('a', 'alert.reached * 2'), d('b', 'alert.reached2'), d('c', 'x', 'weighted'), d('d', 'y', 'weighted', 'homes')]
  expect(usersOf('alert.reached', all).map((x) => x.code)).toEqual(['a'])
  expect(usersOf('population', all).map((x) => x.code)).toEqual(['c'])
})
it('finds by Chinese, pinyin, English and code, what begins so first', () => {
  const thing = (code: string, zh: string, en: string) => { const { whole, initials } = typed(zh); return { code, keys: [code, zh, en.toLowerCase(), whole, initials] } }
  const things = [thing('device.online', '在线终端数', 'Terminals online'), thing('alert.reached', '报告已播出终端数', 'Terminals that sounded'), thing('population', '常住人口', 'Residents')]
  const found = (words: string) => meant(words, things).map((x) => x.code)
  expect(found('终端')).toEqual(['alert.reached', 'device.online'])
  expect(found('zaixian')).toEqual(['device.online'])
  expect(found('czrk')).toEqual(['population'])
  expect(found('alert.')).toEqual(['alert.reached'])
  expect(found('resid')).toEqual(['population'])
  expect(found('zzz')).toEqual([])
})
