import { expect, it } from 'vitest'
import { ref } from 'vue'
import { useTyped } from './leave.ts'

it('knows a draft that differs from what was settled, and one that was put back', () => {
  const draft = ref({ name: '', parts: ['a'] })
  const { typed, settled } = useTyped(() => draft.value)
  expect(typed.value).toBe(false)
  draft.value.parts.push('b')
  expect(typed.value).toBe(true)
  draft.value = { name: '', parts: ['a'] }
  expect(typed.value).toBe(false)
  draft.value.name = '到达率'
  settled()
  expect(typed.value).toBe(false)
})
