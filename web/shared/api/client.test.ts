import { expect, it, vi } from 'vitest'
import { onceToken } from './client.ts'

it('makes tokens also where the connection is not secure, and browsers withhold crypto.randomUUID', () => {
  vi.stubGlobal('crypto', { getRandomValues: <T extends Uint8Array>(a: T) => crypto_.getRandomValues(a) })
  expect(onceToken()).toMatch(/^[0-9a-f]{32}$/)
  expect(onceToken()).not.toBe(onceToken())
  vi.unstubAllGlobals()
})
const crypto_ = globalThis.crypto
