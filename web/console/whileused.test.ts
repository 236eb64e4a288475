import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { expect, it, vi } from 'vitest'
import { createApp, effectScope } from 'vue'
import { bundled, whileUsed } from './whileused.ts'

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

it('acts on the first piece of news at once, and in a flood once every pause, the last one included', () => {
  vi.useFakeTimers()
  const act = vi.fn()
  const news = bundled(act, 1000)
  const counts = []
  for (const [times, then] of [[3, 500], [1, 500], [1, 1000], [0, 1000], [1, 0]] as const) {
    for (let i = 0; i < times; i++) news()
    vi.advanceTimersByTime(then)
    counts.push(act.mock.calls.length)
  }
  expect(counts).toEqual([1, 2, 3, 3, 4])
  news()
  news.stop()
  vi.advanceTimersByTime(5000)
  expect(act).toHaveBeenCalledTimes(4)
  vi.useRealTimers()
})
