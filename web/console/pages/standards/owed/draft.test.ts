import { describe, expect, it } from 'vitest'
import { blankItem, freshKey, missing, overDays, unwritten, useDraft } from './draft.ts'
import { addCatalogues, t } from '@/shared/i18n.ts'
import { persons } from '@/shared/format.ts'
import shared from '@/shared/locales/zh/shared.json'
import standard from '@/shared/locales/zh/standard.json'
import { binding, boundOf, daysTill, stateOf, type Content, type Impact } from './words.ts'

const content = (...keys: string[]): Content => ({
  basisZh: '', basisEn: '', from: '', until: '', noteZh: '', noteEn: '', items: keys.map((key) => ({ ...blankItem([]), key })),
})
const keys = (d: ReturnType<typeof useDraft>) => d.content.value.items.map((i) => i.key).join(' ')

describe('a draft', () => {
  it('moves, doubles, adds and takes out, and undoes each', () => {
    const d = useDraft(content('a', 'b', 'c'))
    d.move(-1) // nothing stands above
    expect([keys(d), d.canUndo.value]).toEqual(['a b c', false])
    d.move(1)
    expect([keys(d), d.at.value]).toEqual(['b a c', 1])
    d.duplicate()
    expect(keys(d)).toBe('b a a-2 c')
    d.add()
    expect([keys(d), d.at.value]).toEqual(['b a a-2 item-5 c', 3])
    d.remove()
    d.remove()
    expect(keys(d)).toBe('b a a-2')
    for (const want of ['b a a-2 c', 'b a a-2 item-5 c', 'b a a-2 c', 'b a c', 'a b c']) {
      d.undo()
      expect(keys(d)).toBe(want)
    }
    expect([d.changed.value, d.canUndo.value]).toEqual([false, false])
    d.undo()
    d.redo()
    expect(keys(d)).toBe('b a c')
    d.add()
    expect(d.canRedo.value).toBe(false) // another way was taken
  })
  it('undoes what was typed', () => {
    const d = useDraft(content('a'))
    d.content.value.items[0]!.headingZh = '听'
    expect([d.changed.value, d.canUndo.value]).toEqual([true, true])
    d.undo()
    expect([d.content.value.items[0]!.headingZh, d.changed.value]).toEqual(['', false])
    d.redo()
    expect(d.content.value.items[0]!.headingZh).toBe('听')
    d.saved()
    expect(d.changed.value).toBe(false)
  })
  it('names what is missing, and gives keys that are free', () => {
    expect(missing({ ...blankItem([]), headingZh: '听广播' })).toContain('headingEn')
    expect(freshKey([{ key: 'a-2' }], 'a')).toBe('a-3')
    expect(freshKey([{ key: 'a-2' }], 'a-2')).toBe('a-3')
  })
})

describe('days', () => {
  const pilot = { zone: 'inner', regions: [], from: '2026-11-29', until: '2026-12-31' }
  it('that are over are named at once', () => {
    expect(overDays({ from: '' }, '2026-11-30')).toEqual([])
    expect(overDays({ from: '2026-11-30' }, '2026-11-30')).toEqual([])
    expect(overDays({ from: '2026-11-29' }, '2026-11-30')).toEqual(['from'])
    expect(overDays({ from: '2027-01-01', pilot }, '2026-11-30')).toEqual(['pilot'])
    expect(overDays({ from: '2027-01-01', pilot }, '2026-11-30', true)).toEqual([]) // its trial began
  })
  it('are counted', () => {
    expect([daysTill('2026-11-30', '2026-12-30'), daysTill('2026-11-30', '2026-11-30'), daysTill('2026-03-01', '2026-02-28')]).toEqual([30, 0, -1])
  })
  it('leave a threshold with its side and unit', () => {
    expect([boundOf(94, { comparison: 'at_least' }, '%'), boundOf(3, { comparison: 'at_most' }, '次'), boundOf(undefined, undefined, '%')]).toEqual(['≥ 94%', '≤ 3\u00a0次', '—'])
  })
})

describe('in numbers', () => {
  const unit = (code: string, people: number, standing: string, tried = false) => ({ code, people, standing, tried })
  const impact = { items: [
    { level: 'district', units: [unit('1', 100, 'kept', true), unit('2', 50, 'failed'), unit('3', 7, 'unknown')] },
    { level: 'district', units: [unit('1', 100, 'failed', true), unit('2', 50, 'failed')] },
    { level: 'township', units: [unit('9', 5, 'failed')] },
  ] } as unknown as Impact
  it('counts each region once, however many items it fails', () => {
    expect(binding(impact, 'district')).toEqual({ regions: 3, people: 157, failing: 2, failingPeople: 150, unknown: 1 })
    expect(binding(impact, 'district', true)).toEqual({ regions: 1, people: 100, failing: 1, failingPeople: 100, unknown: 0 })
  })
  it('tells what is in force from what was, and what is to be', () => {
    const v = { state: 'published', from: '2026-01-01', until: '', binds: false } as const
    expect([stateOf({ ...v, binds: true }, '2026-06-01'), stateOf({ ...v, from: '2027-01-01' }, '2026-06-01'), stateOf(v, '2026-06-01')])
      .toEqual(['std.state.in_force', 'std.state.ahead', 'std.state.over'])
  })
})

describe('what nobody has written yet', () => {
  it('is told by its item and the label of its field', () => {
    const c = content('a', 'b')
    Object.assign(c.items[0]!, { headingZh: '甲', headingEn: 'A', textZh: '甲', textEn: 'A', owedByZh: '甲', owedByEn: 'A', owedToZh: '甲', owedToEn: 'A', legalZh: '甲' })
    expect(unwritten(c).map((x) => x.place)).toEqual(missing(c.items[1]!).map((f) => `content.items[1].${f}`))
    expect(unwritten(c).filter((x) => !(x.label in standard))).toEqual([])
  })
})

describe('in words', () => {
  it('people stand apart from the words around them', () => {
    addCatalogues({ './zh/x.json': { ...standard, ...shared } })
    expect(t('std.map_failing', { count: 3, people: persons(21_090_000) })).toBe('3 个区域未达标，住着 2,109\u00a0万人')
    expect(t('std.impact_sum', { kept: 1, failed: 0, unknown: 0, people: persons(0) })).toContain('涉及 0\u00a0人')
  })
})
