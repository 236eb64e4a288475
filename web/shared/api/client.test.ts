import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, vi } from 'vitest'
import { onceToken, onUse, send } from './client.ts'

it('makes tokens also where the connection is not secure, and browsers withhold crypto.randomUUID', () => {
  vi.stubGlobal('crypto', { getRandomValues: <T extends Uint8Array>(a: T) => crypto_.getRandomValues(a) })
  expect(onceToken()).toMatch(/^[0-9a-f]{32}$/)
  expect(onceToken()).not.toBe(onceToken())
  vi.unstubAllGlobals()
})
const crypto_ = globalThis.crypto

it('counts what is sent by hand as use of the session, and what refreshes itself as none', async () => {
  const used = vi.fn()
  onUse(used)
  const server = createServer((_, response) => response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}'))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  await send(at, { method: 'PUT', body: 'a voice' })
  await send(at, { headers: { 'X-Background': '1' } })
  expect(used).toHaveBeenCalledOnce()
  server.close()
})
