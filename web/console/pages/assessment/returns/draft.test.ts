import { expect, it } from 'vitest'
import { answersOf, changeOf, draftOf, merge, pasted, readNumber, same, sendable, tally, unusualFirst, wrongIn } from './draft.ts'

const e = (text: string, note = '') => ({ text, note })

it('reads numbers as people type them', () => {
  for (const [text, want] of [['12', 12], [' 1,234 ', 1234], ['１２．５', 12.5], ['−3', -3], ['', null], ['—', null], ['无', null], ['12%', 0.12], ['十二', undefined], ['1.2.3', undefined], ['1e400', undefined], ['0x10', undefined]] as const) {
    expect(readNumber(text), text).toBe(want)
  }
  expect(readNumber('91.5%', true)).toBe(91.5)
})

it('sends what is a number and keeps what is none', () => {
  const draft = { a: e('1,000'), b: e('十'), c: e('', 'a word'), d: e('') }
  expect(wrongIn(draft)).toEqual(['b'])
  expect(answersOf(sendable(draft), () => false)).toEqual({ a: { value: 1000 }, c: { value: null, note: 'a word' } })
  expect(same(draftOf({ a: { value: 1000 } }, ['a']), { a: e('1,000') })).toBe(true)
})

it('takes what another wrote elsewhere, and tells where both wrote', () => {
  const base = { a: e('1'), b: e('2'), c: e('3') }
  const { draft, torn } = merge(base, { a: e('10'), b: e('2'), c: e('30') }, { a: e('1'), b: e('20'), c: e('33') })
  expect(draft).toEqual({ a: e('10'), b: e('20'), c: e('30') })
  expect(torn).toEqual({ c: e('33') })
  expect(merge(base, { ...base, c: e('33') }, { ...base, c: e('33.0') }).torn).toEqual({})
})

it('does not lose what is no number when the rest was saved', () => {
  const typed = { a: e('十'), b: e('2') }
  const sent = sendable(typed)
  expect(merge(sent, typed, draftOf({ b: { value: 2 } }, ['a', 'b'])).draft).toEqual({ a: e('十'), b: e('2') })
})

it('takes a column from a spreadsheet', () => {
  expect(pasted('12')).toBeUndefined()
  expect(pasted('12\r\n\r\n1,300\r\n')).toEqual(['12', '', '1,300'])
  expect(pasted('喇叭\t12\n完好\t11')).toEqual(['12', '11'])
})

it('puts what is unusual first', () => {
  const items = [{ code: 'a', findings: 0, change: 0.5 }, { code: 'b', findings: 1, change: 0 }, { code: 'c', findings: 2, change: null }, { code: 'd', findings: 0, change: -2 }]
  expect(unusualFirst(items).map((i) => i.code).join('')).toBe('cbda')
  expect(changeOf(12, 10)).toBeCloseTo(0.2)
  expect(changeOf(1, 0)).toBe(Infinity)
  expect(changeOf(0, 0)).toBe(0)
  expect(changeOf(null, 1)).toBeNull()
})

it('counts what is left to do by findings, as the server refuses by them', () => {
  const findings = [{ element: 'total', about: ['working'], stops: true }, { element: 'repairs', about: [], stops: false }, { element: 'total', about: ['working'], stops: false }]
  expect(tally(findings, (code) => (code === 'working' ? '移交' : ''))).toEqual({ fix: 1, explain: 1 })
})
