import { describe, expect, it } from 'vitest'
import type { Field } from '@/shared/case/field.ts'
import { check } from './check.ts'

const field = (id: string, type: string, more: Partial<Field> = {}): Field => ({ id, type, title: { zh: id, en: id }, schema: {}, ...more })
const form = [
  field('done', 'string', { required: true, schema: { maxLength: 5 } }),
  field('hours', 'number', { schema: { minimum: 0, maximum: 200 } }),
  field('parts', 'array', { schema: { maxItems: 2 }, items: [field('item', 'object', { items: [field('part', 'string', { required: true }), field('count', 'integer', { required: true, schema: { minimum: 1 } })] })] }),
  field('shown', 'boolean', { required: true, schema: { const: true } }),
  field('why', 'string', { required: true, when: { kind: ['other'] } }),
]
const faults = (filled: Record<string, unknown>, before = {}) => Object.fromEntries((check(form, filled, before)?.places ?? []).map((p) => [p.location, p.code]))

describe('what was filled in', () => {
  const fine = { done: '换了功放', shown: true }
  it('is fine where nothing is wrong', () => expect(check(form, fine, {})).toBeUndefined())
  it('must be there, and within limits', () => {
    expect(faults({})).toEqual({ done: 'required', shown: 'required' })
    expect(faults({ ...fine, done: '换了功放和电源', hours: 201, shown: false })).toEqual({ done: 'long', hours: 'big', shown: 'const' })
  })
  it('is told of rows at their places', () => {
    expect(faults({ ...fine, parts: [{ part: 'A-1', count: 1 }, { count: 0.5 }] })).toEqual({ 'parts.1.part': 'required', 'parts.1.count': 'whole' })
    expect(faults({ ...fine, parts: [{}, {}, {}] })).toEqual({ parts: 'many' })
  })
  it('is asked where what the case knows says so', () => expect(faults(fine, { kind: 'other' })).toEqual({ why: 'required' }))
})
