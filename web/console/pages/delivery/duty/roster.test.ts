import { describe, expect, it } from 'vitest'
import { pageOf } from './pages.ts'
import { coming } from './roster.ts'

describe('coming', () => {
  it('counts what has not begun, and names each person once', () => {
    const at = (hour: number, name: string) => ({ from: `2026-05-01T${String(hour).padStart(2, '0')}:00:00Z`, name })
    expect(coming([at(0, '李值班'), at(8, '王带班'), at(16, '李值班'), at(20, '王带班')], new Date('2026-05-01T08:00:00Z'))).toEqual({ count: 2, people: ['李值班', '王带班'] })
    expect(coming([], new Date(0))).toEqual({ count: 0, people: [] })
  })
})

describe('a long list', () => {
  it('has pages that hold every row once, and no page beyond the last', () => {
    expect([0, 1, 2, 3].map((p) => pageOf(250, p))).toEqual([{ page: 0, from: 0, to: 100 }, { page: 1, from: 100, to: 200 }, { page: 2, from: 200, to: 250 }, { page: 2, from: 200, to: 250 }])
    expect(pageOf(0, 0)).toEqual({ page: 0, from: 0, to: 0 })
  })
})
