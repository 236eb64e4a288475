import { expect, it } from 'vitest'
import { diff } from './diff.ts'

it('marks what went and what came', () => {
  expect(diff('alert.reached / 100', 'alert.heard / 100')).toEqual([{ text: 'alert.reached', kind: 'gone' }, { text: 'alert.heard', kind: 'new' }, { text: ' / 100', kind: 'same' }])
  expect(diff('每百台', '每千台').map((p) => p.kind)).toEqual(['same', 'gone', 'new', 'same'])
  expect(diff('', 'x')).toEqual([{ text: 'x', kind: 'new' }])
  expect(diff('x', 'x')).toEqual([{ text: 'x', kind: 'same' }])
})
