import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compare, deciding, escalates, moved, tooFew, unmet, waits, type Case, type Conduct, type Criterion, type Escalation, type Sending } from './rules.ts'

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

describe('escalations', () => {
  const rows = read<Escalation[]>('escalation.json')
  const fits = (severity: Case['severity'], drill = false, cls: Case['class'] = 'emergency') => rows.filter((r) => escalates(r, { class: cls, drill, severity })).map((r) => r.id)
  it('are about what they name', () => {
    expect(fits('red')).toEqual(['red-1min', 'red-5min'])
    expect(fits('blue')).toEqual(['minor-15min'])
    expect(fits('red', true)).toEqual([])
    expect(fits('unknown', false, 'everyday')).toEqual([])
  })
  it('begin below the share, not at it', () => {
    expect(tooFew(rows[0]!, { targets: 10, reached: 9 })).toBe(false)
    expect(tooFew(rows[0]!, { targets: 10, reached: 8 })).toBe(true)
    expect(tooFew(rows[0]!, { targets: 0, reached: 0 })).toBe(false)
  })
})

describe('quiet hours', () => {
  const { quiet } = read<Conduct>('conduct.json') // 22:00 to 06:30, everyday and unclassified
  it.each([
    ['everyday', 'unknown', '21:59', 'no'], ['everyday', 'unknown', '22:00', 'tomorrow'], ['everyday', 'unknown', '06:29', 'today'], ['everyday', 'unknown', '06:30', 'no'],
    ['emergency', 'unknown', '23:00', 'tomorrow'], ['emergency', 'blue', '23:00', 'no'], ['emergency', 'red', '03:00', 'no'],
  ] as const)('%s %s at %s: %s', (cls, severity, at, want) => expect(waits(quiet, { class: cls, severity, at })).toBe(want))
  it('within one day, and never', () => {
    expect(waits({ ...quiet, from: '12:00', until: '14:00' }, { class: 'everyday', severity: 'unknown', at: '13:00' })).toBe('today')
    expect(waits({ ...quiet, from: '12:00', until: '14:00' }, { class: 'everyday', severity: 'unknown', at: '14:00' })).toBe('no')
    expect(waits({ ...quiet, from: '12:00', until: '12:00' }, { class: 'everyday', severity: 'unknown', at: '12:00' })).toBe('no')
  })
})

it('moves an entry within a list', () => {
  expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a'])
  expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b'])
  expect(moved(['a', 'b', 'c'], 1, 9)).toEqual(['a', 'c', 'b'])
})
