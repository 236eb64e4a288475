import { expect, test } from 'vitest'
import { standing, wordsOf } from './source.ts'

test('a source stands as it did lately', () => {
  const s = { enabled: true, failing: false, failures: 0, heardAt: '2026-07-21T00:00:00Z' }
  expect(standing(s)).toBe('well')
  expect(standing({ ...s, heardAt: undefined })).toBe('silent')
  expect(standing({ ...s, failures: 1 })).toBe('stumbling')
  expect(standing({ ...s, failures: 9, failing: true })).toBe('failing')
  expect(standing({ ...s, enabled: false, failing: true })).toBe('off')
})

test('words are parted as people part them, each once', () => {
  expect(wordsOf(' a@b.cn，c\nd、a@b.cn, ')).toEqual(['a@b.cn', 'c', 'd'])
})
