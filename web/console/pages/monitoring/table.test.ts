import { expect, it } from 'vitest'
import { csvOf } from './table.ts'

it('writes cells that spreadsheets neither run, round nor break apart', () => {
  expect(csvOf([['码', '=1+1', 'a"b,c'], ['61101010010010314010401', '-5', '两\n行']])).toBe('\ufeff码,\'=1+1,"a""b,c"\r\n\'61101010010010314010401,\'-5,"两\n行"\r\n')
})
