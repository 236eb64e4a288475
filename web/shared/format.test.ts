import { beforeAll, describe, expect, it } from 'vitest'
import { absolute, axisStep, axisTime, bytes, dateOf, dayOf, duration, number, people, persons, relative, share, shortTime, toDate, unitBeside } from './format.ts'
import { zone } from './clock.ts'
import { addCatalogues, lang } from './i18n.ts'
import { backoff } from './live.ts'
import { problemOf } from './api/problem.ts'
import { rank, severityOf } from './severity.ts'
import en from './locales/en/shared.json'
import zh from './locales/zh/shared.json'

beforeAll(() => {
  addCatalogues({ './zh/shared.json': zh, './en/shared.json': en })
  lang.value = 'zh'
})

describe('numbers', () => {
  it('groups, and shows nothing as a dash', () => {
    expect([number(1234567), number(0), number(undefined), number(1.25, 1), number(-0.04, 1), number(-0), number(-0.06, 1)]).toEqual(['1,234,567', '0', '—', '1.3', '0.0', '0', '−0.1'])
  })
  it('says one of something in English without its s', () => {
    lang.value = 'en'
    expect(['channels', 'households', 'communities', 'people', 'yuan each', 'per 1,000', '%', 's'].map((u) => unitBeside(u, '1'))).toEqual(['channel', 'household', 'community', 'person', 'yuan each', 'per 1,000', '%', 's'])
    expect([unitBeside('channels', '1.0'), unitBeside('channels', '11')]).toEqual(['channels', 'channels'])
    lang.value = 'zh'
    expect(unitBeside('个', '1')).toBe('个')
  })
  it('rounds people', () => {
    expect([people(21893095), people(708829), people(532)]).toEqual(['2,189\u00a0万', '70.9\u00a0万', '532'])
    expect([persons(1_712_345), persons(5432)]).toEqual(['171\u00a0万人', '5,432\u00a0人'])
    lang.value = 'en'
    expect([people(21893095), people(708829)]).toEqual(['21.9\u00a0million', '709k'])
    expect([persons(1_712_345), persons(5432), persons(1)]).toEqual(['1.71\u00a0million\u00a0people', '5,432\u00a0people', '1\u00a0person'])
    lang.value = 'zh'
  })
  it('never rounds a share up to everything', () => {
    expect(share(99999, 100000)).toBe('99.9%')
    expect(share(1, 100000)).toBe('0.1%')
    expect(share(100, 100)).toBe('100%')
    expect(share(0, 100)).toBe('0%')
    expect(share(0, 0)).toBe('—')
    expect(share(1, 3)).toBe('33.3%')
    expect([share(1885, 2000), share(7, 2000)]).toEqual(['94.3%', '0.4%']) // halves away from zero, as documents do
    expect(share(4, 5)).toBe('80.0%')
  })
  it('sizes', () => expect([bytes(900), bytes(2048), bytes(5 * 1024 ** 2)]).toEqual(['900 B', '2.0 KB', '5.0 MB']))
})

describe('times', () => {
  const noon = Date.parse('2026-03-01T12:00:00Z')
  it('reads RFC 3339 and dates, and takes the zero time for none', () => {
    expect(toDate('2026-03-01T12:00:00Z')?.getTime()).toBe(noon)
    expect(dayOf(new Date(noon - 1))).toBe(dayOf('2026-03-01T11:59:59.999Z'))
    expect(toDate('0001-01-01T00:00:00Z')).toBeUndefined()
    expect(toDate('')).toBeUndefined()
    expect(absolute(undefined)).toBe('—')
  })
  it('a day by itself has its year', () => expect(dateOf('2026-05-24T12:00:00Z')).toBe('2026-05-24'))
  it('is relative in the largest fitting unit', () => {
    expect(relative('2026-03-01T11:59:58Z', noon)).toBe('刚刚')
    expect(relative('2026-03-01T11:57:00Z', noon)).toContain('3 分钟前')
    expect(relative('2026-03-01T14:00:00Z', noon)).toContain('2 小时后')
    expect(relative(undefined, noon)).toBe('从未')
  })
  it('lasts', () => expect([duration(0.84), duration(12), duration(185), duration(7800)]).toEqual(['0.8 秒', '12 秒', '3 分 05 秒', '2 小时 10 分']))
  it('has one number of decimals along an axis', () => {
    expect([0, 0.5, 1, 12].map((s) => axisTime(s, 0.5))).toEqual(['0.0 秒', '0.5 秒', '1.0 秒', '12.0 秒'])
    expect([0, 0.25, 3].map((s) => axisTime(s, 0.25))).toEqual(['0.00 秒', '0.25 秒', '3.00 秒'])
    expect([0, 5, 90].map((s) => axisTime(s, 5))).toEqual(['0 秒', '5 秒', '1 分 30 秒'])
  })
  it('steps an axis evenly', () => expect([0, 0.4, 2.1, 8.4, 290, 4e6].map(axisStep)).toEqual([0.1, 0.1, 0.5, 2, 60, 864_000]))
})

describe('severities', () => {
  it('reads words and the digits of GD/J 082', () => {
    expect(['red', 1, '4', 0, 'odd'].map((s) => severityOf(s))).toEqual(['red', 'red', 'blue', 'unknown', 'unknown'])
    expect(rank('red')).toBeLessThan(rank('blue'))
    expect(rank('unknown')).toBe(4)
  })
})

describe('problems', () => {
  const p = problemOf(422, { code: 'x', detail: 'd', errors: [{ location: 'texts[0].title', message: 'm', code: 'c' }, { location: 'area', message: 'a', code: 'c' }] })
  it('are found by place', () => expect([p.at('texts[0].title'), p.at('texts')]).toEqual(['m', undefined]))
  it('tells what no field shows', () => expect(p.elsewhere(['texts']).map((e) => e.location)).toEqual(['area']))
  it('survive a body that is no problem', () => expect(problemOf(502, undefined).detail).toContain('502'))
})

it('waits longer after each failure, up to half a minute', () => {
  expect([1, 2, 3, 10].map(backoff)).toEqual([1000, 2000, 4000, 30000])
})

it('leaves out the day of what is of today', () => {
  zone.value = 'Asia/Shanghai'
  const now = Date.parse('2026-11-28T16:30:00Z') // half past midnight of the 29th
  expect(['2026-11-28T16:05:00Z', '2026-11-28T15:59:00Z', '2025-11-28T16:05:00Z', ''].map((at) => shortTime(at, now))).toEqual(['00:05', '11-28 23:59', '11-29 00:05', '—'])
  zone.value = undefined
})
