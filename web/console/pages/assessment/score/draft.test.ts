import { expect, it } from 'vitest'
import { belowOf, beside, blank, codeOf, draftOf, freshCode, removeGroup, sent, shareOf, treeOf, type Draft } from './draft.ts'
import type { Scores } from './score.ts'

const nested = (): Draft => ({
  ...blank(), groups: [{ code: 'a', nameZh: '甲', nameEn: 'A', parent: '', weight: 3 }, { code: 'b', nameZh: '乙', nameEn: 'B', parent: 'a', weight: 1 }, { code: 'c', nameZh: '丙', nameEn: 'C', parent: 'b', weight: 1 }],
  parts: [{ indicator: 'x', group: '', weight: 1 }, { indicator: 'y', group: 'b', weight: 2, low: 0, high: 1 }],
})

it('shares weights among siblings, groups and parts alike', () => {
  const d = nested()
  expect(shareOf(d, '', 3)).toBe(0.75)
  expect(shareOf(d, 'b', 2)).toBeCloseTo(2 / 3)
  expect(shareOf({ groups: [], parts: [] }, '', 1)).toBe(0)
})
it('keeps a group from going below itself', () => {
  const d = nested()
  expect(belowOf(d, 'a')).toEqual(['a', 'b', 'c'])
  expect(treeOf(d.groups).map((n) => [n.group.code, n.depth])).toEqual([['a', 0], ['b', 1], ['c', 2]])
  d.groups[0]!.parent = 'c' // a ring, as somebody else may have written it
  expect(belowOf(d, 'a')).toEqual(['a', 'b', 'c'])
})
it('gives what a removed group held to what held it', () => {
  const d = nested()
  removeGroup(d, 'b')
  expect(d.groups.map((g) => [g.code, g.parent])).toEqual([['a', ''], ['c', 'a']])
  expect(d.parts.map((p) => p.group)).toEqual(['', 'a'])
})
it('sends an emptied number as none', () => {
  const d = nested()
  d.parts[0]!.weight = '' as never
  d.parts[1]!.low = NaN
  expect(sent(d).parts).toEqual([{ indicator: 'x', group: '', weight: 0 }, { indicator: 'y', group: 'b', weight: 2, high: 1 }])
  const copy = draftOf(sent(d))
  copy.parts[1]!.weight = 9
  expect(d.parts[1]!.weight).toBe(2)
})
it('makes codes that nothing else has', () => {
  expect(codeOf('Public service, 2026!')).toBe('public_service_2026')
  expect(codeOf('2026')).toBe('')
  expect(freshCode('覆盖', ['group'])).toBe('group_2')
  expect(freshCode('Index', [])).toBe('index_2')
})
it('puts ranks beside those of the saved index', () => {
  const of = (rows: [string, number][]): Scores => ({ units: rows.map(([code, rank]) => ({ code, nameZh: code, nameEn: code, rank, score: 100 - rank })) } as unknown as Scores)
  expect(beside(of([['p', 1], ['q', 2]]), of([['q', 1], ['p', 2]])).map((r) => [r.code, r.rank, r.was])).toEqual([['p', 1, 2], ['q', 2, 1]])
  expect(beside(of([['p', 1]]), undefined)[0]!.was).toBeUndefined()
})
