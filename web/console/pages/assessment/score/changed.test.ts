import { expect, it } from 'vitest'
import { latestOf } from './changed.ts'

it('lists the versions that were published last, and no draft', () => {
  const standard = (id: string, versions: object[]) => ({ id, nameZh: id, nameEn: id, versions }) as never
  const found = latestOf([standard('a', [{ number: 3, from: '2027-01-01' }, { number: 2, from: '2026-01-01', publishedAt: '2026-11-01T00:00:00Z' }, { number: 1, from: '2020-01-01', publishedAt: '2019-01-01T00:00:00Z' }]), standard('b', [{ number: 1, from: '2026-12-01', publishedAt: '2026-11-20T00:00:00Z' }])], 2)
  expect(found.map((v) => [v.id, v.number])).toEqual([['b', 1], ['a', 2]])
})
