import { describe, expect, it } from 'vitest'
import { filtersOf, moved, withFilter } from './columns.ts'

describe('a list', () => {
  it('moves within its rows', () => {
    expect([moved(-1, 'ArrowDown', 3), moved(2, 'ArrowDown', 3), moved(0, 'k', 3), moved(1, 'End', 3), moved(1, 'x', 3), moved(0, 'End', 0)]).toEqual([0, 2, 0, 2, 1, -1])
  })
  it('keeps its filters in the address and nothing else', () => {
    expect(filtersOf({ q: '鼓楼', state: '', many: ['a', 'b'] })).toEqual({ q: '鼓楼' })
    expect(withFilter({ q: 'a', kind: 'b' }, 'q', '')).toEqual({ kind: 'b' })
    expect(withFilter({}, 'q', 'x')).toEqual({ q: 'x' })
  })
})
