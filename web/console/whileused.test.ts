import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { expect, it, vi } from 'vitest'
import { createApp, effectScope } from 'vue'
import { whileUsed } from './whileused.ts'

it('begins with the first that uses it and ends with the last', () => {
  const end = vi.fn()
  const begin = vi.fn(() => end)
  const use = whileUsed(begin)
  const app = createApp({}).use(VueQueryPlugin, { queryClient: new QueryClient() })
  const user = () => {
    const scope = effectScope()
    app.runWithContext(() => scope.run(use))
    return scope
  }
  const [first, second] = [user(), user()]
  expect(begin).toHaveBeenCalledOnce()
  first.stop()
  expect(end).not.toHaveBeenCalled()
  second.stop()
  expect(end).toHaveBeenCalledOnce()
  user().stop()
  expect(begin).toHaveBeenCalledTimes(2)
})
