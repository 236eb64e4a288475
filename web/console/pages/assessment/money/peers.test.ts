import { describe, expect, it } from 'vitest'
import { addCatalogues, lang } from '@/shared/i18n.ts'
import zh from '../../../../shared/locales/zh/money.json'
import { inOrder, sentences, standingWord, toPayments, type Peer, type UnitCost } from './peers.ts'

addCatalogues({ './zh/money.json': zh })
lang.value = 'zh'

const peer = (name: string, cost: number | null, standing: Peer['standing'], more: Partial<Peer> = {}): Peer => ({ unit: { code: name, path: `c.${name}.`, level: 'district', nameZh: name, nameEn: name }, paid: 100, result: 20, cost, standing, against: null, ...more })
const d = { nameZh: '每修好一单的支出', nameEn: 'Each repair', unitZh: '元/单', unitEn: '', places: 0, denominator: 'repaired', direction: 'down' } as never

describe('peers', () => {
  const peers = [peer('甲', 30, 'above', { against: 0.5 }), peer('乙', null, 'unknown', { result: null, paid: null }), peer('丙', 1, 'few'), peer('丁', 10, 'below', { against: -0.5 }), peer('戊', 20, 'within', { against: 0 })]

  it('stand from the cheapest; what is too small to compare is not the cheapest', () => {
    expect(inOrder(peers).map((p) => p.unit.nameZh)).toEqual(['丁', '戊', '甲', '丙', '乙'])
  })
  it('tell no data from nothing paid and from nothing come of it', () => {
    const words = [peer('', null, 'unknown', { missing: 'undefined', result: 0 }), peer('', null, 'unknown', { paid: null }), peer('', null, 'unknown', { result: null })].map(standingWord)
    expect(new Set(words).size).toBe(3)
    expect(standingWord(peers[0]!)).toBe('高 50%')
    expect(standingWord(peers[4]!)).toBe('持平')
  })
  it('are told in sentences, with who was left out', () => {
    const cost: UnitCost = { indicator: 'cost.repair', whole: { paid: 12_000_000, result: 600_000, cost: 20 }, before: 16, compared: 3, median: 20, low: 15, high: 25, peers }
    const said = sentences({ purpose: {} as never, cost }, d, 2026, false, '市', new Map()).join('')
    for (const part of ['市每修好一单的支出是 20', '1,200', '高 25%', '15', '25', '甲', '丁', '1 个']) expect(said).toContain(part)
  })
  it('are not held against a whole year while theirs is running', () => {
    const cost: UnitCost = { indicator: 'cost.repair', whole: { paid: 12, result: 6, cost: 2 }, before: 16, compared: 0, median: null, low: null, high: null, peers: [] }
    const said = sentences({ purpose: {} as never, cost }, d, 2026, true, '市', new Map()).join('')
    expect(said).toContain('16')
    expect(said).not.toContain('低 88%')
  })
  it('say nothing of a middle that does not exist', () => {
    const cost: UnitCost = { indicator: 'x', whole: { paid: null, result: 5, cost: null, missing: 'unstated' }, before: null, compared: 0, median: null, low: null, high: null, peers: [] }
    expect(sentences({ purpose: {} as never, cost }, d, 2026, false, '市', new Map())).toHaveLength(1)
  })
})

it('leads to the payments by their day, not by their budget year', () => {
  expect(toPayments('upkeep', 2026, 'c.d1.')).toEqual({ name: 'funds', query: { kind: 'payment', purpose: 'upkeep', region: 'c.d1.', from: '2026-01-01', to: '2026-12-31', state: 'confirmed' } })
})
