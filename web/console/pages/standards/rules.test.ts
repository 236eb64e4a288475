import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compare, deciding, moved, unmet, type Case, type Criterion, type Sending } from './rules.ts'

// The tables that a new installation begins with, as the server embeds them.
const read = <T>(name: string): T =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../../../../internal/deliver/alert/rule/default', name), 'utf8')) as T
const table = read<Sending[]>('sending.json')
const order = read<Criterion[]>('precedence.json')

const real = (event: string, severity: Case['severity'], authority: Case['authority'], area: Case['area']): Case =>
  ({ origin: 'desk', class: 'emergency', drill: false, event, severity, authority, area })
const decides = (c: Case) => table[deciding(table, c)]?.id ?? ''

describe('sending rules', () => {
  it.each<[string, Case, string]>([
    ['district red', real('10203', 'red', 'district', 'district'), 'red-district'],
    ['city red', real('10203', 'red', 'city', 'district'), 'red-district'],
    ['township red rain', real('10203', 'red', 'township', 'township'), 'red-refused'],
    ['township flash flood', real('10106', 'red', 'township', 'village'), 'red-local-danger'],
    ['township flash flood for a district', real('10106', 'red', 'township', 'district'), 'red-refused'],
    ['trusted upper red', { ...real('10203', 'red', 'city', 'district'), origin: 'upper' }, 'upper-level'],
    ['orange of a township', real('10203', 'orange', 'township', 'township'), 'orange-township'],
    ['blue by a village', real('10203', 'blue', 'village', 'village'), ''],
    ['drill red', { ...real('10203', 'red', 'district', 'district'), drill: true }, 'drills'],
    ['air raid by a district', real('50100', 'red', 'district', 'district'), 'war-refused'],
    ['air raid by the city', real('50100', 'red', 'city', 'city'), 'war-needs-city'],
    ['everyday in a village', { ...real('60200', 'unknown', 'village', 'village'), class: 'everyday' }, 'everyday-local'],
    ['everyday by a township over a district', { ...real('60200', 'unknown', 'township', 'district'), class: 'everyday' }, ''],
  ])('decide %s as the server does', (_name, c, id) => expect(decides(c)).toBe(id))

  it('name what does not fit', () => {
    const rule = table.find((r) => r.id === 'red-local-danger')!
    expect(unmet(rule, real('10203', 'red', 'village', 'district'))).toEqual(['events', 'authority', 'area'])
    expect(unmet(rule, real('10106', 'red', 'township', 'township'))).toEqual([])
  })
})

describe('the order of messages', () => {
  const s = (cls: string, kind: string, level: string, severity: string) => ({ class: cls, kind, level, severity })
  it('is told by the first line that differs', () => {
    expect(compare(order, s('emergency', 'real', 'city', 'orange'), s('emergency', 'real', 'district', 'red'))).toEqual({ goes: 1, by: 'level' })
    expect(compare(order, s('everyday', 'real', 'nation', 'unknown'), s('emergency', 'drill', 'village', 'blue'))).toEqual({ goes: -1, by: 'class' })
    expect(compare(order, s('emergency', 'real', 'city', 'red'), s('emergency', 'real', 'city', 'red'))).toEqual({ goes: 0 })
  })
  it('puts what is not listed last', () => {
    expect(compare(order, s('emergency', 'real', 'city', 'unknown'), s('emergency', 'real', 'city', 'blue'))).toEqual({ goes: -1, by: 'severity' })
  })
})

it('moves an entry within a list', () => {
  expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a'])
  expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b'])
  expect(moved(['a', 'b', 'c'], 1, 9)).toEqual(['a', 'c', 'b'])
})
