import { QueryClient } from '@tanstack/vue-query'
import { expect, it } from 'vitest'
import { ref } from 'vue'
import { forgetOthers } from './handover.ts'

it('shows nobody what was read for somebody else', () => {
  const client = new QueryClient()
  const user = ref<{ id: string }>()
  forgetOthers(user, client)
  user.value = { id: 'li' }
  client.setQueryData(['duty', 'desk'], 'of Li')
  user.value = { id: 'li' } // a language was chosen
  user.value = undefined
  user.value = { id: 'li' }
  expect(client.getQueryData(['duty', 'desk'])).toBe('of Li')
  user.value = undefined
  user.value = { id: 'wang' }
  expect(client.getQueryData(['duty', 'desk'])).toBeUndefined()
})
