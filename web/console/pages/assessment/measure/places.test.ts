import { expect, it } from 'vitest'
import { stepsOf } from './places.ts'

it('goes from the city down to a region', () => {
  expect(stepsOf('cn.11.110105.110105001.', 'cn.11.')).toEqual(['cn.11.110105.', 'cn.11.110105.110105001.'])
  expect(stepsOf('cn.11.', 'cn.11.')).toEqual([])
  expect(stepsOf('cn.12.120101.', 'cn.11.')).toEqual([])
})
