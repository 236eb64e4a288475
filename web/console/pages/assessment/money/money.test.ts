import { afterEach, describe, expect, it } from 'vitest'
import { addCatalogues, lang } from '@/shared/i18n.ts'
import en from '../../../../shared/locales/en/money.json'
import zh from '../../../../shared/locales/zh/money.json'
import { fundQuery, isAmount, narrowing, partOf, rounded, toFunds, yearOf, yuan } from './money.ts'

addCatalogues({ './zh/money.json': zh, './en/money.json': en })
afterEach(() => { lang.value = 'zh' })

describe('amounts', () => {
  it('are exact where they are written, with their fen', () => {
    lang.value = 'zh'
    expect([yuan(120000.55), yuan(80000), yuan(0.1)]).toEqual(['120,000.55\u00a0元', '80,000\u00a0元', '0.10\u00a0元'])
  })
  it('are rounded to about three figures where people repeat them', () => {
    lang.value = 'zh'
    expect([237_000_000, 3_620_900, 456_789, 9_999, 0].map(rounded)).toEqual(['2.37\u00a0亿元', '362\u00a0万元', '45.7\u00a0万元', '9,999\u00a0元', '0\u00a0元'])
    lang.value = 'en'
    expect([237_000_000, 3_620_900, 456_789].map(rounded)).toEqual(['237\u00a0million yuan', '3.62\u00a0million yuan', '456,789\u00a0yuan'])
  })
  it('have no share of nothing', () => expect([partOf(1, 0), partOf(0, 5), partOf(1, 3), partOf(1, 60)]).toEqual(['—', '0%', '33%', '1.7%']))
})

describe('filters', () => {
  it('leave what else an address holds aside, and a mistyped word chooses nothing', () => {
    expect(narrowing({ kind: 'line', under: '01X', as: 'contract', year: '2026' })).toEqual({ kind: 'line', year: '2026' })
    expect(fundQuery(narrowing({ q: '大喇叭' })).q).toBe('大喇叭')
    expect(fundQuery({ kind: 'lines', year: '26', state: 'draft', from: 'soon', to: '2026-12-31' })).toEqual({ q: undefined, kind: undefined, year: undefined, purpose: undefined, region: undefined, source: undefined, state: 'draft', from: undefined, to: '2026-12-31' })
  })
  it('of a link are only those that choose', () => expect(toFunds({ year: 2026, source: undefined, purpose: '' })).toEqual({ name: 'funds', query: { year: '2026' } }))
  it('name a year, or the present one', () => {
    expect(yearOf({ year: '2024' })).toBe(2024)
    expect(yearOf({ year: '20244' })).toBe(yearOf({}))
  })
})

it('takes amounts of whole fen only', () => {
  expect([0.01, 100000.56, 1e11].map(isAmount)).toEqual([true, true, true])
  expect([-5, 0, 0.001, 100000.567, 1e-9, 1e12, NaN].map(isAmount)).toEqual(Array(7).fill(false))
})
