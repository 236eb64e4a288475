import { describe, expect, it } from 'vitest'
import { begin, empty, keepable, said, shown, take, type Field } from './field.ts'

const field = (id: string, more: Partial<Field> = {}): Field => ({ id, title: { zh: id, en: id }, type: 'string', schema: {}, ...more })

// The same cases as engine/procedure: Field.Shown.
describe('whether a field is asked', () => {
  it('is asked where nothing is said', () => expect(shown(field('a'), {})).toBe(true))
  it('is asked where the other field has one of the values', () => {
    const f = field('b', { when: { a: ['x', 'y'] } })
    expect(shown(f, { a: 'y' })).toBe(true)
    expect(shown(f, { a: 'z' })).toBe(false)
    expect(shown(f, {})).toBe(false)
  })
  it('takes what was not answered for false, and nothing else', () => {
    expect(shown(field('b', { when: { a: [false] } }), {})).toBe(true)
    expect(shown(field('b', { when: { a: [''] } }), {})).toBe(false)
    expect(shown(field('b', { when: { a: [0] } }), {})).toBe(false)
    expect(shown(field('b', { when: { a: [false] } }), { a: true })).toBe(false)
  })
  it('looks for one of a list', () => {
    const f = field('b', { when: { a: ['x'] } })
    expect(shown(f, { a: ['w', 'x'] })).toBe(true)
    expect(shown(f, { a: ['w'] })).toBe(false)
    expect(shown(f, { a: [] })).toBe(false)
  })
  it('tells numbers from their digits', () => {
    expect(shown(field('b', { when: { a: [1] } }), { a: 1 })).toBe(true)
    expect(shown(field('b', { when: { a: [1] } }), { a: '1' })).toBe(false)
  })
  it('wants every condition', () => {
    const f = field('c', { when: { a: ['x'], b: [true] } })
    expect(shown(f, { a: 'x', b: true })).toBe(true)
    expect(shown(f, { a: 'x' })).toBe(false)
  })
})

describe('what counts of what was filled in', () => {
  const fields = [field('works', { options: [] }), field('why', { when: { works: ['no'] } }), field('who', { when: { why: ['rain'] } })]
  it('leaves out what is no longer asked, and what hangs on it', () => {
    expect(take(fields, { works: 'no', why: ' rain ', who: 'me' }).taken).toEqual({ works: 'no', why: 'rain', who: 'me' })
    expect(take(fields, { works: 'yes', why: 'rain', who: 'me' }).taken).toEqual({ works: 'yes' })
    expect(take(fields, { works: 'yes', why: 'rain' }).asked.map((f) => f.id)).toEqual(['works'])
  })
  it('knows what the case knew, but not the former answer of a field that is asked anew', () => {
    expect(take([fields[1]!], { why: 'x' }, { works: 'no' }).taken).toEqual({ why: 'x' })
    expect(take(fields, { why: 'x' }, { works: 'no' }).taken).toEqual({})
  })
  it('keeps a no, which says something', () => expect(take([field('a', { type: 'boolean' })], { a: false }).taken).toEqual({ a: false }))
  it('knows what says nothing', () => expect([undefined, null, ' ', [], {}, false, 0].map(empty)).toEqual([true, true, true, true, true, false, false]))
})

it('begins with defaults, and keeps nothing personal in drafts', () => {
  const fields = [field('a', { default: 'x' }), field('b', { personal: true }), field('c', { sealed: true }), field('d', { format: 'signature' })]
  expect(begin(fields)).toEqual({ a: 'x' })
  expect(keepable(fields, { a: '1', b: '2', c: '3', d: '4' })).toEqual({ a: '1' })
})

it('says values in words', () => {
  const choice = field('k', { options: [{ value: 5, title: { zh: '非常满意', en: 'Very' } }] })
  expect(said(choice, 5)).toBe('非常满意')
  expect(said(field('p', { format: 'account' }), '01H', { '01H': '王' })).toBe('王')
  expect(said(field('parts', { type: 'array', items: [field('item', { type: 'object', items: [field('part'), field('n', { type: 'integer' })] })] }), [{ part: 'A', n: 2 }])).toBe('part A，n 2')
  expect(said(field('at', { type: 'object', format: 'place' }), { address: '村口', lon: 116.1, lat: 40 })).toBe('村口，116.10000, 40.00000')
})
