// The terminal in a browser against the vectors that engine/wire made and holds itself to.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { covers, includes, prefix, type Area, type Place } from './area.ts'
import { base64, hex, same, unbase64, unhex, utf8 } from './bytes.ts'
import { authenticate, type Trust } from './frame.ts'
import { fail, forget, judge, newMemory, played, remember } from './memory.ts'
import { connect, packet, publication, Reader } from './mqtt.ts'
import { canonical, type Order } from './order.ts'
import { Session, type Up } from './session.ts'
import { newKeyPair, sign, sm3, verify } from './sm.ts'

// Go writes an empty list where nothing is known as null.
type Located = { Code: string; Region: string; Position: [number, number] | null }
const place = (p: Located): Place => ({ code: p.Code, region: p.Region, position: p.Position ?? undefined })
const vectors = JSON.parse(readFileSync(join(import.meta.dirname, 'testdata/vectors.json'), 'utf8')) as {
  issuers: Trust['issuers']
  revoked: string[]
  digests: Record<string, string>
  frames: { what: string; frame: string; now: number; reason: string; order?: string }[]
  places: { area: Area; place: Located; in: boolean }[]
  steps: { order: Order; now: number; fail?: boolean; forget?: boolean; reason: string; left: number }[]
  self: Located
  session: { secret: string; key: string; receiptKey: string; code: string; at: number; random: string; token: string; up: string[]; frames: string[]; confirm: string; counters: number[] }
}

test('digests', () => {
  for (const [text, digest] of Object.entries(vectors.digests)) expect(sm3(utf8(text))).toBe(digest)
})

test('every frame gets the verdict that the platform gives it', () => {
  const trust = { issuers: vectors.issuers, revoked: vectors.revoked }
  for (const f of vectors.frames) {
    const { order, reason } = authenticate(unbase64(f.frame), trust, f.now)
    expect(reason, f.what).toBe(f.reason)
    expect(order && canonical(order), f.what).toBe(f.order)
  }
  expect(authenticate(unbase64(vectors.frames[0]!.frame), { issuers: {}, revoked: [] }, vectors.frames[0]!.now).reason).toBe('unknown_issuer')
})

test('areas hold whom they hold there', () => {
  for (const p of vectors.places) expect(includes(p.area, place(p.place)), JSON.stringify(p)).toBe(p.in)
  expect([prefix('100000000000'), prefix('110105001000'), prefix('110000000000'), covers('110105', '110105001000')]).toEqual(['', '110105001', '11', false])
})

test('a life of orders is judged as there', () => {
  const m = newMemory()
  for (const [i, s] of vectors.steps.entries()) {
    const reason = judge(s.order, place(vectors.self), s.now, m)
    if (reason === '') remember(m, s.order)
    if (s.fail) fail(m, s.order, 1)
    if (s.forget) forget(m, s.now)
    expect([reason, Object.keys(m.orders).length + m.stops.length], `step ${i}`).toEqual([s.reason, s.left])
  }
})

test('a failed version may be taken again and knows its passes', () => {
  const m = newMemory()
  const o = { ...vectors.steps[0]!.order, id: '01JZ0000000000000000000077', kind: 'play' as const, v: 3 }
  remember(m, o)
  expect(judge(o, place(vectors.self), o.at, m, () => true)).toBe('replayed')
  fail(m, o, 2)
  expect(judge(o, place(vectors.self), o.at, m, () => true)).toBe('')
  expect(played(m, o)).toBe(2)
})

test('a session seals and opens as the platform does', () => {
  const v = vectors.session
  const s = new Session({ secret: v.secret, key: v.key }, v.receiptKey, v.code, v.at, unhex(v.random))
  for (const [i, up] of v.up.entries()) {
    expect(base64(s.seal({ kind: up[0], body: JSON.parse(up.slice(1)) } as Up).frame)).toBe(v.frames[i])
  }
  const confirm = unbase64(v.confirm)
  expect(s.confirmed(confirm)).toEqual(v.counters)
  confirm[30]! ^= 1
  expect(s.confirmed(confirm)).toBeUndefined()
  expect(s.confirmed(new Uint8Array())).toBeUndefined()
  // Our token is signed by the key, as is the platform's own terminal's.
  for (const token of [s.token, v.token]) {
    const raw = unbase64(token)
    const content = new Uint8Array([...utf8(`tongsheng-connect-1\0${v.code}\0`), ...raw.slice(0, 17)])
    expect([raw.length, raw[0], same(raw.slice(1, 17), s.id), verify(v.key, content, raw.slice(17))]).toEqual([81, 1, true, true])
  }
})

test('keys made here sign for themselves only', () => {
  const [a, b] = [newKeyPair(), newKeyPair()]
  for (let i = 0; i < 8; i++) {
    const signature = sign(a, utf8(`message ${i}`))
    expect([a.secret.length, a.key.length, signature.length]).toEqual([64, 128, 64])
    expect([verify(a.key, utf8(`message ${i}`), signature), verify(b.key, utf8(`message ${i}`), signature), verify(a.key, utf8('other'), signature)]).toEqual([true, false, false])
  }
  expect(verify('00'.repeat(64), utf8(''), new Uint8Array(64))).toBe(false)
})

test('packets are found however the bytes are cut', () => {
  const body = new Uint8Array(300).fill(7)
  const stream = new Uint8Array([...packet(0x30, Uint8Array.of(0, 1, 65), body), ...packet(0xd0), ...packet(0x32, Uint8Array.of(0, 1, 66, 0, 9, 1, 2))])
  for (const size of [1, 2, 3, 100, 1000]) {
    const reader = new Reader()
    const got = []
    for (let at = 0; at < stream.length; at += size) got.push(...reader.take(stream.slice(at, at + size)))
    expect(got.map((p) => p.kind)).toEqual([0x30, 0xd0, 0x32])
    expect(publication(got[0]!.kind, got[0]!.body)).toEqual({ topic: 'A', payload: body })
    expect(publication(got[2]!.kind, got[2]!.body)).toEqual({ topic: 'B', payload: Uint8Array.of(1, 2) }) // QoS 1
  }
  expect(() => new Reader().take(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0xff, 1))).toThrow()
  expect(() => new Reader().take(Uint8Array.of(0x30, 0xff, 0xff, 0x7f))).toThrow()
})

test('a connection asks, subscribes, and says once that it is over', async () => {
  const sent: Uint8Array[] = []
  class Fake {
    static readonly OPEN = 1
    readyState = 1
    onopen?: () => void
    onclose?: () => void
    onmessage?: (e: { data: ArrayBuffer }) => void
    send(b: Uint8Array) { sent.push(b) }
    close() { this.onclose?.() }
  }
  const made: Fake[] = []
  const original = globalThis.WebSocket
  globalThis.WebSocket = class extends Fake { constructor() { super(); made.push(this) } } as never
  try {
    const told: unknown[] = []
    connect({ url: 'ws://x/mqtt', code: '1', password: 'p', keepAlive: 60, open: () => told.push('open'), receive: (b) => told.push(hex(b)), closed: (refused) => told.push(refused) })
    const s = made[0]!
    const say = (...b: number[]) => s.onmessage?.({ data: Uint8Array.from(b).buffer })
    s.onopen?.()
    expect(hex(sent[0]!)).toBe('10130004' + hex(utf8('MQTT')) + '04c2003c' + '000131' + '000131' + '000170')
    say(0x20, 2, 0, 0)
    expect(hex(sent[1]!)).toBe('820d0001' + '0008' + hex(utf8('t/1/down')) + '00')
    say(0x90, 3, 0, 1, 0)
    say(0x30, 3, 0, 0, 9)
    s.close()
    s.close()
    expect(told).toEqual(['open', '09', false])
    connect({ url: 'ws://x/mqtt', code: '1', password: 'p', keepAlive: 60, open: () => told.push('open'), receive: () => undefined, closed: (refused) => told.push(refused) })
    made[1]!.onmessage?.({ data: Uint8Array.of(0x20, 2, 0, 5).buffer })
    expect(told.at(-1)).toBe(true)
  } finally {
    globalThis.WebSocket = original
  }
})
