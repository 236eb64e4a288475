import { expect, it } from 'vitest'
import { codeOf, isThing, standing } from './thing.ts'

it('judges a thing from one day on until another', () => {
  expect(standing({ since: '', until: '' }, '2026-07-28')).toBe('judged')
  expect(standing({ since: '2026-07-29', until: '' }, '2026-07-28')).toBe('coming')
  expect(standing({ since: '', until: '2026-07-28' }, '2026-07-28')).toBe('retired')
  expect(standing({ since: '2026-07-28', until: '2026-07-29' }, '2026-07-28')).toBe('judged')
})
it('tells things from regions', () => {
  expect([isThing('outlet:a'), isThing('110105000000'), codeOf('outlet:a.b-1')]).toEqual([true, false, 'a.b-1'])
})
