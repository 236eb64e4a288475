import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ref } from 'vue'

vi.mock('./theme.ts', () => ({ themeChoice: ref('system') }))

const listeners = new Map<string, (event: object) => void>()
const reload = vi.fn()
beforeEach(() => {
  vi.useFakeTimers()
  const kept = new Map<string, string>()
  vi.stubGlobal('localStorage', { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => kept.set(k, v), removeItem: (k: string) => kept.delete(k) })
  vi.stubGlobal('addEventListener', (name: string, fn: (event: object) => void) => listeners.set(name, fn))
  vi.stubGlobal('EventSource', class { addEventListener() { /* nothing is told */ } close() { /* nor is it open */ } })
  vi.stubGlobal('location', { reload })
})
afterEach(() => { vi.useRealTimers(); vi.unstubAllGlobals() })

it('shares the session with the other windows of the browser', async () => {
  const { endsAt, enter } = await import('./session.ts')
  const other = (key: string, newValue: string | null) => listeners.get('storage')!({ key, newValue })
  enter({ id: 'li', lang: 'zh', theme: 'system', idleMinutes: 15, endsAt: '2999-01-01T00:00:00Z' } as Parameters<typeof enter>[0])
  const began = Date.now()
  expect(endsAt.value).toBe(began + 15 * 60_000)
  vi.advanceTimersByTime(14 * 60_000)
  other('tongsheng.used', String(Date.now()))
  expect(endsAt.value).toBe(began + 29 * 60_000) // nobody is told that they idle who works in another window
  other('tongsheng.signed_in', 'li')
  expect(reload).not.toHaveBeenCalled()
  other('tongsheng.signed_in', 'wang') // who took over there
  expect(reload).toHaveBeenCalledOnce()
})
