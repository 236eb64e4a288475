// What a set tells the platform in return, of frames that are signed as the platform signs them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { Clock } from '@/shared/terminal/clock.ts'
import type { Player } from '@/shared/terminal/player.ts'
import type { Vault } from '@/shared/terminal/vault.ts'
import { unhex, utf8 } from '@/shared/wire/bytes.ts'
import { canonical, type Order } from '@/shared/wire/order.ts'
import { newKeyPair, sign } from '@/shared/wire/sm.ts'
import { Line, type Report } from './line.ts'
import { newSetState, TvSet } from './set.ts'

const { frames } = JSON.parse(readFileSync(join(import.meta.dirname, '../shared/wire/testdata/vectors.json'), 'utf8')) as { frames: { what: string; now: number; order: string }[] }
const storm = frames.find((f) => f.what === 'a storm')!
const off = frames.find((f) => f.what === 'kind cancel')!
const vault = { get: () => Promise.resolve(undefined), put: () => Promise.resolve() } as unknown as Vault
const [issuer, node] = [newKeyPair(), newKeyPair()]

const joined = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((p) => [...p]))
function frame(order: Order): Uint8Array {
  const body = utf8(canonical(order))
  const cert = joined(Uint8Array.of(0), unhex('000000000001'), unhex('000000000002'), Uint8Array.of(90, 12), unhex(node.key))
  const content = joined(utf8('TS1O'), Uint8Array.of(0, 0, body.length >> 8, body.length & 255), body, cert, sign(issuer, cert), new Uint8Array(4), unhex('000000000002'))
  return joined(content, sign(node, content))
}

afterEach(() => { vi.unstubAllGlobals(); vi.useRealTimers() })

test('that a message ended is told of what stood on the screen, and of nothing else', () => {
  const told: string[] = []
  const clock = new Clock(() => storm.now / 1000)
  const settings = { region: '110101001000', lang: 'zh', large: false, set: '', issuers: { '000000000001': issuer.key }, full: 'orange', hold: 0 } as const
  const tv = new TvSet({ vault, settings, state: newSetState(), clock, player: { play: () => new Promise(() => undefined), halt: () => undefined } as unknown as Player,
    changed: () => undefined, arrived: () => undefined, report: (r) => told.push(`${r.p} ${r.o}`) })
  const area = (JSON.parse(storm.order) as Order).area
  for (const [n, shown] of [[1, true], [2, false]] as const) {
    const id = `01JZ000000000000000000000${n}`
    tv.receive(frame({ ...(JSON.parse(storm.order) as Order), id, seq: 2 * n }))
    const [entry] = tv.live(storm.now)
    expect(entry?.order.id).toBe(id)
    if (shown) tv.shown(entry!, 'full')
    tv.receive(frame({ ...(JSON.parse(off.order) as Order), id, seq: 2 * n + 1, area }))
    expect(tv.live(storm.now)).toEqual([])
  }
  expect(told).toEqual(['shown 01JZ0000000000000000000001', 'ended 01JZ0000000000000000000001'])
})

test('what is told while a report is under way is not lost with it', async () => {
  vi.useFakeTimers()
  vi.stubGlobal('addEventListener', () => undefined)
  vi.stubGlobal('removeEventListener', () => undefined)
  vi.stubGlobal('EventSource', class { addEventListener() { /* nothing is said */ } close() { /* as asked */ } })
  const arrived: string[] = []
  let answer = (): void => undefined
  vi.stubGlobal('fetch', async (_: string, { body }: { body: string }) => {
    await new Promise<void>((done) => { answer = done })
    arrived.push(...(JSON.parse(body) as { reports: Report[] }).reports.map((r) => r.o))
    return new Response()
  })
  const line = new Line({ region: '110101001000', set: '', vault, receive: () => undefined, clock: () => undefined })
  await vi.advanceTimersByTimeAsync(0)
  for (let i = 0; i < 230; i++) line.report({ o: String(i), p: 'shown', after: 0 })
  for (let i = 0; i < 10; i++) {
    answer()
    await vi.advanceTimersByTimeAsync(0)
  }
  line.close()
  expect(arrived.slice(0, 3)).toEqual(['0', '30', '31']) // two hundred are kept
  expect(arrived.length).toBe(201)
})
