import { expect, it } from 'vitest'
import type { Schemas } from '@/shared/api/client.ts'
import { above, completion, fits } from './asked.ts'

it('lets a level be approved by itself and those above, from the lowest', () => {
  expect(above('township')).toEqual(['township', 'district', 'city'])
  expect(above('city')).toEqual(['city'])
})

it('offers what a form may ask for', () => {
  const e = (more: Partial<Schemas['FactElement']>) => ({ code: 'x', period: 'month', level: '', builtIn: false, ...more }) as Schemas['FactElement']
  const f = { period: 'month', level: 'township' } as const
  expect([e({}), e({ level: 'township' }), e({ level: 'district' }), e({ period: 'day' }), e({ builtIn: true })].map((x) => fits(x, f))).toEqual([true, true, false, false, false])
})

it('completes the code before the caret', () => {
  const codes = ['speakers.total', 'speakers.working', 'prev.speakers.total', 'people']
  expect(completion('speakers.w', 10, codes)).toEqual({ from: 0, found: ['speakers.working'] })
  expect(completion('people > work', 13, codes)).toEqual({ from: 9, found: ['speakers.working'] })
  expect(completion('people', 6, codes).found).toEqual([])
  expect(completion('1 + ', 4, codes).found).toEqual([])
  expect(completion('prev.', 5, codes).found).toEqual(['prev.speakers.total'])
})
