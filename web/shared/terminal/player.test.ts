import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Order } from '../wire/order.ts'
import { CorruptError, MissingError, type Media } from './media.ts'
import { Player } from './player.ts'

const order = (over: Partial<Order> = {}): Order => ({
  id: '01JZ0000000000000000000001', from: '21100000000000101010101', v: 2, seq: 1, kind: 'play', class: 'emergency', at: 1, from_at: 1, until: 9,
  area: { regions: ['110105000000'] }, text: [{ lang: 'zh-CN', body: '雨' }, { lang: 'en', body: 'Rain' }], ...over,
})
const sound = { lang: 'zh-CN', sm3: 'a'.repeat(64), n: 4, mime: 'audio/wav', path: '/media/a', ms: 1000 }

/** A browser that allows sound, or does not. */
function browser(state: 'running' | 'suspended', plays: () => Promise<void> = () => Promise.resolve()) {
  const param = { setValueAtTime: vi.fn(), linearRampToValueAtTime: vi.fn(), value: 0 }
  const node = () => ({ connect: vi.fn(), disconnect: vi.fn(), start: vi.fn(), stop: vi.fn(), gain: param, frequency: param })
  vi.stubGlobal('AudioContext', class { state = state; currentTime = 0; resume = () => new Promise(() => undefined); createGain = node; createOscillator = node })
  vi.stubGlobal('Audio', class { volume = 1; src = 'blob:'; onended?: () => void; play = () => plays().then(() => void setTimeout(() => this.onended?.(), 1000)); pause = vi.fn() })
  vi.stubGlobal('URL', { createObjectURL: () => 'blob:x', revokeObjectURL: vi.fn() })
}

beforeEach(() => { vi.useFakeTimers() })
afterEach(() => { vi.useRealTimers(); vi.unstubAllGlobals() })

async function pass(media: Partial<Media>, o = order(), halt = false) {
  const begun: string[] = []
  const p = new Player({ blob: () => Promise.reject(new MissingError()), ...media } as Media, () => undefined)
  const done = p.play(o, 0, 0.7, (s) => begun.push(s))
  if (halt) setTimeout(() => p.halt(), 2000)
  await vi.advanceTimersByTimeAsync(120_000)
  return { outcome: await done, begun, blocked: p.blocked }
}

test('where nothing may sound, the message is shown, and that is what is said', async () => {
  browser('suspended')
  expect(await pass({}, order({ audio: [sound] }))).toEqual({ outcome: { reason: '', source: 'picture' }, begun: ['picture', 'picture'], blocked: true })
})
test('the signed sound goes before the signal, language by language', async () => {
  browser('running')
  expect(await pass({ blob: () => Promise.resolve(new Blob(['four'])) }, order({ audio: [sound] }))).toEqual({ outcome: { reason: '', source: 'audio' }, begun: ['audio', 'tone'], blocked: false })
})
test('a sound that cannot be had or is not as signed is replaced by the signal', async () => {
  browser('running')
  expect((await pass({}, order({ audio: [sound] }))).begun).toEqual(['tone', 'tone'])
  expect((await pass({ blob: () => Promise.reject(new CorruptError()) }, order({ audio: [sound], text: undefined }))).outcome).toEqual({ reason: 'audio_corrupt' })
})
test('a browser that refuses at the last moment is noticed', async () => {
  browser('running', () => Promise.reject(new DOMException('no', 'NotAllowedError')))
  expect((await pass({ blob: () => Promise.resolve(new Blob(['four'])) }, order({ audio: [sound] }))).blocked).toBe(true)
})
test('a pass that is halted says nothing', async () => {
  browser('running')
  expect((await pass({}, order(), true)).outcome).toBeUndefined()
})
test('a tone of its own', async () => {
  browser('running')
  expect((await pass({}, order({ kind: 'test', tone: 500, text: undefined }))).outcome).toEqual({ reason: '', source: 'tone' })
  browser('suspended')
  expect((await pass({}, order({ kind: 'test', tone: 500, text: undefined }))).outcome).toMatchObject({ reason: 'player_failed' })
})

test('what was heard before it was interrupted is not heard again', async () => {
  browser('running')
  const seeks: number[] = []
  vi.stubGlobal('Audio', class { volume = 1; src = ''; onended?: () => void; set currentTime(v: number) { seeks.push(v) }; play = () => Promise.resolve(void setTimeout(() => this.onended?.(), 1000)); pause = vi.fn() })
  const begun: string[] = []
  const p = new Player({ blob: () => Promise.resolve(new Blob(['four'])) } as unknown as Media, () => undefined)
  const two = order({ audio: [sound, { ...sound, lang: 'en', ms: 5000 }] })
  const done = p.play(two, 0, 0.7, (s) => begun.push(s), { from: 3500 })
  await vi.advanceTimersByTimeAsync(120_000)
  expect([await done, begun, seeks]).toEqual([{ reason: '', source: 'audio' }, ['audio'], [2.5]])
})
test('a relay sounds until its end and is taken up again, and a tuner is not in a browser', async () => {
  const relay = (over: Partial<Order>) => {
    const begun: string[] = []
    const p = new Player({} as Media, () => undefined)
    return { begun, done: p.play(order({ class: 'everyday', text: undefined, ...over }), 0, 0.7, (s) => begun.push(s), { left: 10_000 }) }
  }
  browser('running')
  const [one, off] = [relay({ relay: '/media/a' }), relay({ relay: 'fm:98200' })]
  await vi.advanceTimersByTimeAsync(120_000)
  expect([await one.done, one.begun.length]).toEqual([{ reason: '', source: 'audio' }, 4]) // a second each, and two between
  expect(await off.done).toEqual({ reason: 'player_failed' })
  browser('running', () => Promise.reject(new Error('no stream')))
  const gone = relay({ relay: 'http://radio.example/live' })
  await vi.advanceTimersByTimeAsync(120_000)
  expect(await gone.done).toEqual({ reason: 'player_failed' })
  browser('running')
  const yielding: string[] = []
  const p = new Player({} as Media, () => undefined)
  void p.play(order({ class: 'everyday', text: undefined, relay: '/media/a' }), 0, 0.7, (s) => yielding.push(s), { left: 100_000 })
  await vi.advanceTimersByTimeAsync(2000) // it broke off after a second, and waits to be taken up again
  p.halt()
  await vi.advanceTimersByTimeAsync(120_000)
  expect(yielding).toEqual(['audio'])
  browser('suspended')
  const mute = relay({ relay: '/media/a' })
  await vi.advanceTimersByTimeAsync(120_000)
  expect([await mute.done, mute.begun]).toEqual([{ reason: '', source: 'picture' }, ['picture']])
})
