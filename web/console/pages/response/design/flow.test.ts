import { describe, expect, it } from 'vitest'
import type { CaseType, Field } from '@/shared/case/field.ts'
import { changes, drawn, layOut } from './flow.ts'
import { sampled } from './sampled.ts'

const words = (w: string) => ({ zh: w, en: w })
const type = {
  type: 'x', version: 1, name: words('x'), prefix: 'X',
  roles: [{ id: 'clerk', name: words('经办'), filled: { grant: 'c' } }], forms: [],
  start: [{ id: 'open', name: words('受理'), by: ['clerk'], to: 'new' }],
  states: [{ id: 'new', name: words('新') }, { id: 'done', name: words('完'), end: true }],
  steps: [{ id: 'note', name: words('记录'), from: ['new'], by: ['clerk'] }, { id: 'finish', name: words('办结'), from: ['new'], to: 'done', by: ['clerk'] }, { id: 'late', name: words('逾期'), from: ['new'], to: 'done', on: { deadline: 'd' } }],
  deadlines: [{ id: 'd', name: words('时限'), in: ['new'], take: [{ term: '5wd' }] }],
} as unknown as CaseType

describe('the picture of a type', () => {
  it('has states, ways in and arrows; a step that stays is in its state', () => {
    const { nodes, arrows } = drawn(type)
    expect(nodes.map((n) => n.id)).toEqual(['start:open', 'new', 'done'])
    expect(nodes[1]!.lines.map((l) => l.kind)).toEqual(['name', 'clock', 'stay'])
    expect(arrows.map((a) => [a.key, a.auto])).toEqual([['start:open', false], ['finish:new', false], ['late:new', true]])
  })
  it('is laid out from the way in down to the end', async () => {
    const p = await layOut(type)
    expect(p.nodes[0]!.y).toBeLessThan(p.nodes[1]!.y)
    expect(p.nodes[1]!.y).toBeLessThan(p.nodes[2]!.y)
    expect(p.arrows.every((a) => a.points.length > 1)).toBe(true)
  })
  it('tells what a new version changes', () => {
    const next = { ...type, states: [...type.states!, { id: 'more', name: words('多') }], steps: type.steps!.slice(1).map((s) => (s.id === 'late' ? { ...s, name: words('超时') } : s)) } as CaseType
    expect(changes(type, next)).toEqual({ added: 1, gone: 1, changed: 1 })
  })
})

it('answers what must be answered, in order', () => {
  const field = (id: string, more: Partial<Field>): Field => ({ id, title: words(id), type: 'string', schema: {}, required: true, ...more })
  const fields = [field('works', { options: [{ value: 'yes', title: words('y') }] }), field('why', { when: { works: ['no'] } }), field('n', { type: 'integer', schema: { minimum: 3 } }), field('free', { required: false })]
  expect(sampled(fields)).toEqual({ works: 'yes', n: 3 })
})
