import { QueryClient } from '@tanstack/vue-query'
import { expect, it } from 'vitest'
import { tookMessage } from './useMessage.ts'

it('shows a message as an act left it, not as it was read before', async () => {
  const client = new QueryClient()
  const message = (state: string) => ({ id: 'm1', open: { state } }) as unknown as Parameters<typeof tookMessage>[1]
  client.setQueryData(['message', 'm1'], message('draft'))
  client.setQueryData(['message', 'm1', 'versions'], [])
  client.setQueryData(['message', 'm2'], message('draft'))
  client.setQueryData(['list', 'messages', {}], [])
  await tookMessage(client, message('checked'))
  expect(client.getQueryData(['message', 'm1'])).toEqual(message('checked'))
  const stale = (key: unknown[]) => client.getQueryState(key)?.isInvalidated
  expect([['message', 'm1'], ['message', 'm1', 'versions'], ['list', 'messages', {}], ['message', 'm2']].map(stale)).toEqual([true, true, true, false])
})
