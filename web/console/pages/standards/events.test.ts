import { expect, it } from 'vitest'
import { prune, treeOf, type EventBranch, type EventType } from './events.ts'

const e = (code: string, zh: string): EventType => ({ code, zh, en: '', category: `${code[0]}0000`, class: `${code.slice(0, 3)}00`, derived: false })
const events = [e('10000', '自然灾害'), e('10100', '水旱灾害'), e('10101', '洪水'), e('10200', '气象灾害'), e('10203', '暴雨'), e('90101', '孤零零的')]
const flat = (list: EventBranch[]): unknown[] => list.map((b) => (b.branches.length ? [b.event.code, flat(b.branches)] : b.event.code))

it('hangs types below their class and category', () => {
  expect(flat(treeOf(events))).toEqual([['10000', [['10100', ['10101']], ['10200', ['10203']]]], '90101'])
})

it('keeps the way to what is wanted, and what is below it', () => {
  expect(flat(prune(treeOf(events), (x) => x.zh === '暴雨'))).toEqual([['10000', [['10200', ['10203']]]]])
  expect(flat(prune(treeOf(events), (x) => x.zh === '水旱灾害'))).toEqual([['10000', [['10100', ['10101']]]]])
  expect(prune(treeOf(events), () => false)).toEqual([])
})
