// What keeps the desk and the messages fresh, with a stream that the test speaks through.
import { focusManager, QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createApp, effectScope, type EffectScope } from 'vue'

vi.hoisted(() => { globalThis.window = globalThis as never }) // else vue-query takes this for a server, which asks for nothing by itself
vi.mock('./session.ts', () => ({ may: (permission: string) => ['alert.duty', 'alert.read'].includes(permission), user: { value: undefined } }))

class Stream extends EventTarget {
  static last: Stream
  onopen?: () => void
  onerror?: () => void
  constructor() { super(); Stream.last = this }
  close() { /* as asked */ }
  say(name: string, data: object) { this.dispatchEvent(Object.assign(new Event(name), { data: JSON.stringify(data) })) }
}
const client = new QueryClient()
const asked = vi.fn((_: Request) => Promise.resolve(Response.json({ waiting: [], onAir: [], sounds: 0 })))
let scope: EffectScope

beforeEach(() => {
  vi.useFakeTimers()
  const Plain = Request
  vi.stubGlobal('Request', class extends Plain { constructor(input: string, init?: RequestInit) { super(new URL(input, 'http://localhost'), init) } })
  vi.stubGlobal('fetch', asked)
  vi.stubGlobal('EventSource', Stream)
  vi.resetModules()
  scope = effectScope()
})
afterEach(() => { scope.stop(); client.clear(); focusManager.setFocused(undefined); vi.unstubAllGlobals(); vi.useRealTimers() })
const use = (what: () => unknown) => createApp({}).use(VueQueryPlugin, { queryClient: client }).runWithContext(() => scope.run(what))

it('asks for the desk also while nobody looks at the page, and in a flood of news once a second', async () => {
  const [{ useDesk }, live] = [await import('./duty.ts'), await import('@/shared/live.ts')]
  live.startLive()
  focusManager.setFocused(false)
  use(() => [useDesk(), useDesk(), useDesk()]) // as the bar, the page and a part of it do
  await vi.advanceTimersByTimeAsync(1000)
  asked.mockClear()
  await vi.advanceTimersByTimeAsync(31_000)
  expect(asked.mock.calls.length).toBe(2)
  asked.mockClear()
  for (let i = 0; i < 20; i++) {
    Stream.last.say('alert.output', {})
    await vi.advanceTimersByTimeAsync(100)
  }
  expect(asked.mock.calls.length).toBeLessThanOrEqual(3)
  live.stopLive()
})

it('takes every page for stale that shows a message that was changed, and after a gap all of them', async () => {
  const [{ useOnAir }, live] = [await import('./onair.ts'), await import('@/shared/live.ts')]
  live.startLive()
  Stream.last.onopen?.()
  use(useOnAir)
  for (const id of ['m1', 'm2']) client.setQueryData(['message', id], { id })
  const stale = () => ['m1', 'm2'].map((id) => client.getQueryState(['message', id])?.isInvalidated)
  Stream.last.say('alert.changed', { id: 'm1' })
  expect(stale()).toEqual([true, false])
  Stream.last.onopen?.() // it is back
  expect(stale()).toEqual([true, true])
  live.stopLive()
})

it('takes them for stale also when the stream opens for the first time, after they were read', async () => {
  const [{ useOnAir }, live] = [await import('./onair.ts'), await import('@/shared/live.ts')]
  live.startLive()
  use(useOnAir)
  client.setQueryData(['message', 'm1'], { id: 'm1' })
  const stale = () => client.getQueryState(['message', 'm1'])?.isInvalidated
  expect(stale()).toBe(false)
  Stream.last.onopen?.()
  expect(stale()).toBe(true)
  live.stopLive()
})

it('says that nothing is on the air once that is known, not while it is awaited or could not be read', async () => {
  const { useOnAir } = await import('./onair.ts')
  const { none } = use(useOnAir) as ReturnType<typeof useOnAir>
  expect(none.value).toBe(false)
  client.setQueryData(['on-air'], { items: [], total: 0 })
  await vi.advanceTimersByTimeAsync(0)
  expect(none.value).toBe(true)
})

it('asks for the gravest of what is on the air, and counts what is not listed', async () => {
  const { useOnAir } = await import('./onair.ts')
  asked.mockClear()
  const { total, those } = use(useOnAir) as ReturnType<typeof useOnAir>
  await vi.advanceTimersByTimeAsync(0)
  expect(asked.mock.calls.map(([r]) => new URL(r.url).searchParams.get('order'))).toEqual(['gravity'])
  client.setQueryData(['on-air'], { items: [{ id: 'red' }, { id: 'blue' }], total: 103 })
  await vi.advanceTimersByTimeAsync(0)
  expect(total.value).toBe(103)
  expect(those(['blue', 'lost', 'red'])).toEqual({ list: [{ id: 'blue' }, { id: 'red' }], rest: 1 })
})
