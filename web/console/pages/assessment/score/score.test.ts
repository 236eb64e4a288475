import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { addCatalogues, lang } from '@/shared/i18n.ts'
import { csvOf } from '../measure/scale.ts'
import { climbed, lastWhole, losses, neighbours, placeAt, rowsOf, running, sentences, weakest, type OpenedPart, type Scored, type Scores } from './score.ts'

const catalogue = (of: 'zh' | 'en', file: string) => ({ [`./${of}/${file}.json`]: JSON.parse(readFileSync(join(import.meta.dirname, `../../../../shared/locales/${of}/${file}.json`), 'utf8')) as Record<string, string> })
beforeAll(() => {
  for (const of of ['zh', 'en'] as const) for (const file of ['score', 'measure', 'message']) addCatalogues(catalogue(of, file))
  lang.value = 'zh'
})

const unit = (code: string, score: number | null, rank: number, before: number, groups: Record<string, number>, low = rank, high = rank): Scored =>
  ({ code, path: `cn.11.${code}.`, nameZh: `${code}区`, nameEn: code, score, rank, low, high, before, grade: { from: 0, nameZh: '合格', nameEn: 'fair' }, groups, known: 1 })
const scores = (units: Scored[]): Scores => ({
  index: { code: 'x', nameZh: '指数', nameEn: 'Index', plainZh: '', plainEn: '', level: 'district', things: '', zone: '', period: 'quarter', owner: '', public: false, sample: false, revision: 1, grades: [],
    groups: [{ code: 'a', nameZh: '甲', nameEn: 'A', parent: '', weight: 3 }, { code: 'b', nameZh: '乙', nameEn: 'B', parent: '', weight: 1 }, { code: 'c', nameZh: '丙', nameEn: 'C', parent: 'a', weight: 1 }],
    parts: [], method: { fill: 'none', least: 0.6, treat: false, normalise: 'goalposts', weights: 'given', means: ['amean'] } },
  period: '2026Q3', asOf: '2026-10-01T00:00:00Z', version: 1, of: units.filter((u) => u.score !== null).length, units,
})
const three = scores([unit('p', 90, 1, 2, { a: 95, b: 80 }, 1, 2), unit('q', 80, 2, 1, { a: 85, b: 75 }, 1, 2), unit('r', 60, 3, 3, { a: 75, b: 20 }), unit('s', null, 0, 0, {})])

describe('scores in words', () => {
  it('name the best, the worst and why, what changed and whether it is sure', () => {
    const said = sentences(three, '2026年第三季度')
    expect(said[0]).toBe('2026年第三季度，p区最高，90.0 分；r区最低，60.0 分。')
    expect(said[1]).toBe('r区丢分最多的是“甲”，比最好的少 15.0 分。')
    expect(said).toContain('p区升得最多，升 1 位。')
    expect(said).toContain('q区降得最多，降 1 位。')
    expect(said.at(-1)).toBe('权重略有增减，r区也还是最后。')
  })
  it('speak of what the reader sees where that is not all', () => {
    const own = { ...scores([unit('q', 80, 7, 6, {})]), of: 16 }
    expect(sentences(own, 'P')).toEqual(['Pq区得 80.0 分，在全部 16 个里排第 7。'])
    expect(sentences({ ...three, of: 16 }, 'P')[0]).toBe('P，您能看到的区域里，p区最高，90.0 分；r区最低，60.0 分。')
    expect(sentences({ ...three, of: 16 }, 'P').join('')).not.toContain('最后')
  })
  it('compare nothing while the period is not over', () => {
    const early = { ...three, asOf: '2026-09-20T00:00:00Z' }
    const said = sentences(early, '2026年第三季度（未结束）')
    expect(said[0]).toContain('（未结束）')
    expect(said[1]).toBe('这一期还没有结束，不和上期比。')
    expect(said.join('')).not.toMatch(/升得最多|降得最多|第一期/)
    expect([running(early), running(three)]).toEqual([true, false])
    expect(rowsOf(early)[1]![8]).toBeNull()
  })
  it('warn where the last place is not sure, and say that there is nothing to say', () => {
    expect(sentences(scores([unit('p', 90, 1, 0, {}, 1, 2), unit('q', 89, 2, 0, {}, 1, 2)]), 'P')).toEqual(['P，p区最高，90.0 分；q区最低，89.0 分。', '这是第一期，没有上期可比。', '权重略有增减，q区可能排到第 1 到第 2 位，不宜只凭名次下结论。'])
    expect(sentences(scores([unit('s', null, 0, 0, {})]), 'P')).toEqual(['P还没有足够的数据，评不出分数。'])
    expect(sentences(scores([unit('p', 90, 1, 0, {})]), 'P')).toEqual(['P只有p区有得分：90.0 分。'])
  })
})

describe('one unit', () => {
  it('loses by the weight of what lies behind, not by the gap alone', () => {
    expect(weakest(three, three.units![2]!)).toMatchObject({ group: { code: 'a' }, points: 15 })
    expect(weakest(scores([]), three.units![2]!)).toBeUndefined()
  })
  it('loses on indicators only, most first', () => {
    const part = (code: string, group: boolean, lost: number | null): OpenedPart => ({ code, group, parent: '', depth: 1, nameZh: code, nameEn: code, unitZh: '', unitEn: '', places: 0, raw: null, imputed: false, score: null, weight: 1, points: null, lost, best: '', bestEn: '' })
    expect(losses([part('g', true, 9), part('x', false, 1), part('y', false, 3), part('z', false, 0), part('w', false, null)]).map((p) => p.code)).toEqual(['y', 'x'])
    expect(losses(null)).toEqual([])
  })
  it('stands between its neighbours', () => {
    expect(neighbours(three, 'r', 1).map((u) => u.code)).toEqual(['q', 'r'])
    expect(neighbours(three, 's')).toEqual([])
    expect(climbed({ rank: 1, before: 3 })).toBe(2)
    expect(climbed({ rank: 1, before: 0 })).toBeUndefined()
    expect(placeAt(1, 2)).toBe(25)
  })
})

it('scores the last period that is over', () => {
  expect(lastWhole('quarter', new Date('2026-11-29T00:00:00Z'))).toBe('2026Q3')
  expect(lastWhole('year', new Date('2026-01-02T00:00:00Z'))).toBe('2025')
})
it('goes into a file with what it is of; groups of a lower level do not', () => {
  const rows = rowsOf(three)
  expect(rows[0]).toHaveLength(14)
  expect(rows[1]!.slice(1, 6)).toEqual(['2026Q3', 1, 'p', 'p区', 90])
  expect(rows[4]!.slice(2, 9)).toEqual([null, 's', 's区', null, null, null, null])
  expect(csvOf(rows)).toContain('r区,60,3,3,3,合格,1,75,20,2026-10-01')
})
