import { beforeEach, expect, it } from 'vitest'
import { emptyForm } from './draft.ts'
import { forget, keep, readKept } from './kept.ts'

const store = new Map<string, string>()
beforeEach(() => {
  store.clear()
  globalThis.localStorage = {
    getItem: (k: string) => store.get(k) ?? null, setItem: (k: string, v: string) => void store.set(k, v), removeItem: (k: string) => void store.delete(k),
  } as Storage
})
const at = Date.UTC(2026, 10, 24)

it('gives each person what they typed for each message, for a week', () => {
  const form = { ...emptyForm(), event: '10203' }
  expect(keep('a', 'new.', { form, revision: 0, at })).toBe(true)
  expect(readKept('a', 'new.', at + 1000)?.form.event).toBe('10203')
  expect(readKept('b', 'new.', at)).toBeUndefined()
  expect(readKept('a', 'm1', at)).toBeUndefined()
  expect(readKept('a', 'new.', at + 8 * 24 * 3_600_000)).toBeUndefined()
  forget('a', 'new.')
  expect(readKept('a', 'new.', at)).toBeUndefined()
})

it('does without what it cannot read or write', () => {
  store.set('tongsheng.draft.a.new.', '{broken')
  expect(readKept('a', 'new.', at)).toBeUndefined()
  globalThis.localStorage.setItem = () => { throw new Error('full') }
  expect(keep('a', 'new.', { form: emptyForm(), revision: 0, at })).toBe(false)
})
