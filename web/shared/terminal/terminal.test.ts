import { describe, expect, test } from 'vitest'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Order } from '../wire/order.ts'
import { Clock } from './clock.ts'
import { Desk, from, newDeskState, type Entry, type Out } from './desk.ts'
import { paginate, readingTime } from './pages.ts'
import { asGrave, leastShown, stage } from './stage.ts'

const second = 1_000_000
const noon = 1_784_606_400 * second

let serial = 0
const order = (over: Partial<Order> = {}): Order => ({
  id: `01JZ00000000000000000000${String(++serial).padStart(2, '0')}`, from: '21100000000000101010101', v: 2, seq: serial, kind: 'play', class: 'emergency', sev: 1, rank: 900,
  at: noon, from_at: noon, until: noon + 3600 * second, area: { regions: ['110105000000'] }, text: [{ lang: 'zh-CN', body: '雨' }], ...over,
})

/** A desk whose player does what the test says. */
function desk() {
  const played: Entry[] = []
  let halted = 0
  const d = new Desk(newDeskState(70, 60), { play: (e) => played.push(e), halt: () => halted++ })
  const said = (): string[] => d.out.splice(0).map((x: Out) => [x.body.o.slice(-2), (x.body as { p?: string }).p ?? (x.body as { ok: boolean }).ok, x.body.r].filter((y) => y !== undefined).join(' '))
  return { d, played, said, halts: () => halted }
}

describe('the desk', () => {
  test('a message is received, shown, played to its end, and stands until it is over', () => {
    const { d, played, said } = desk()
    const o = order({ repeat: 2 })
    d.take(o, '', noon)
    expect(said()).toEqual([`${o.id.slice(-2)} received`])
    d.begun(played[0]!, 'audio', noon + second)
    d.finished(played[0]!, { reason: '', source: 'audio' }, noon + 5 * second)
    d.finished(played[1]!, { reason: '', source: 'audio' }, noon + 9 * second)
    expect(said()).toEqual([`${o.id.slice(-2)} playing`, `${o.id.slice(-2)} played`])
    expect(d.state.pending[0]!.body).toMatchObject({ p: 'played', src: 'audio' })
    expect(stage(d, noon + 10 * second, 'orange').full).toHaveLength(1)
    d.tick(o.until)
    expect(stage(d, o.until, 'orange').full).toHaveLength(0)
    expect(said()).toEqual([]) // its end was told
  })
  test('higher goes before lower, which resumes', () => {
    const { d, played, said, halts } = desk()
    const [low, high] = [order({ rank: 1 }), order({ rank: 2 })]
    d.take(low, '', noon)
    d.begun(played[0]!, 'tone', noon)
    d.take(high, '', noon + second)
    expect(halts()).toBe(1)
    expect(stage(d, noon + second, 'orange').full.map((e) => e.order.id)).toEqual([high.id, low.id])
    d.begun(played[1]!, 'tone', noon + second)
    d.finished(played[0]!, { reason: '' }, noon + second) // a pass that was halted has no say
    d.take({ ...high, kind: 'cancel', v: 4, text: undefined }, '', noon + 2 * second)
    d.begun(played[2]!, 'tone', noon + 3 * second)
    const [l, h] = [low.id.slice(-2), high.id.slice(-2)]
    expect(said()).toEqual([`${l} received`, `${l} playing`, `${h} received`, `${l} interrupted higher_rank`, `${h} playing`, `${h} cancelled by_cancel`, `${h} played`, `${l} resumed`])
  })
  test('what is of every day goes on where it stopped, what is red is heard whole, and a relay is where it is by then', () => {
    const { d, played, said } = desk()
    const audio = [{ lang: 'zh-CN', sm3: 'a'.repeat(64), n: 4, mime: 'audio/wav', path: '/media/a', ms: 60_000 }]
    const [story, red, sooner] = [order({ class: 'everyday', rank: 1, audio, repeat: 2 }), order({ rank: 2, audio }), order({ rank: 3 })]
    d.take(story, '', noon)
    d.begun(played[0]!, 'audio', noon)
    d.take(red, '', noon + 20 * second)
    expect(from(played[0]!)).toBe(18 * second)
    d.begun(played[1]!, 'audio', noon + 20 * second)
    d.take(sooner, '', noon + 30 * second)
    expect(from(played[1]!)).toBe(0)
    for (const o of [red, sooner]) d.take({ ...o, kind: 'cancel', v: 4, text: undefined, audio: undefined }, '', noon + 40 * second)
    d.begun(played[0]!, 'audio', noon + 40 * second)
    d.finished(d.now!, { reason: '' }, noon + 82 * second)
    expect([from(played[0]!), played[0]!.passes]).toEqual([0, 1])
    d.finished(d.now!, { reason: '' }, noon + 150 * second)
    const relay = order({ class: 'everyday', rank: 1, relay: 'fm:98200', text: undefined, until: noon + 300 * second })
    d.take(relay, '', noon + 160 * second)
    const e = d.now!
    d.begun(e, 'audio', noon + 160 * second)
    d.take(order(), '', noon + 200 * second)
    expect(from(e)).toBe(0)
    said()
    d.tick(noon + 300 * second)
    expect(said()).toEqual([`${relay.id.slice(-2)} played`])
  })
  test('lower and later ones wait their turn', () => {
    const { d, said } = desk()
    const [first, low, later] = [order(), order({ rank: 1 }), order({ rank: 2000, from_at: noon + 60 * second })]
    for (const o of [first, low, later]) d.take(o, '', noon)
    expect(said().filter((s) => s.endsWith('queued'))).toHaveLength(2)
    d.tick(noon + 60 * second)
    expect(d.now?.order.id).toBe(later.id)
  })
  test('what sounded when the power went is interrupted by that, and resumes', () => {
    const { d, played, said } = desk()
    const o = order()
    d.take(o, '', noon)
    d.begun(played[0]!, 'audio', noon)
    said()
    const kept = JSON.parse(JSON.stringify(d.state)) as typeof d.state
    const again: Entry[] = []
    const woken = new Desk(kept, { play: (e) => again.push(e), halt: () => undefined })
    woken.wake(noon + 30 * second)
    woken.begun(again[0]!, 'audio', noon + 31 * second)
    expect(woken.out.map((x) => (x.body as { p: string }).p)).toEqual(['interrupted', 'resumed'])
    expect(kept.boots).toBe(1)
  })
  test('what never came to stand has failed; what stood was told', () => {
    const { d, played, said } = desk()
    const [shown, waits] = [order({ until: noon + 10 * second }), order({ rank: 1, until: noon + 10 * second })]
    d.take(shown, '', noon)
    d.begun(played[0]!, 'picture', noon)
    d.take(waits, '', noon)
    said()
    d.tick(noon + 10 * second)
    expect(said()).toEqual([`${shown.id.slice(-2)} played`, `${waits.id.slice(-2)} failed expired_waiting`])
    expect(d.state.memory.orders[waits.id]).toMatchObject({ f: true })
  })
  test('an update takes the place of the version before, a stop ends all of its rank', () => {
    const { d, said } = desk()
    const o = order()
    d.take(o, '', noon)
    d.take({ ...o, v: 4, seq: 90 }, '', noon)
    expect(said()).toContain(`${o.id.slice(-2)} cancelled by_update`)
    const stop = order({ kind: 'stop', rank: 2 ** 32 - 1, seq: 99, text: undefined })
    d.take(stop, '', noon)
    expect(d.state.entries).toHaveLength(0)
    expect(said()).toContain(`${o.id.slice(-2)} cancelled by_stop`)
  })
  test('final words are kept until they are confirmed, and repeated', () => {
    const { d, said } = desk()
    const o = order({ kind: 'cancel', text: undefined })
    d.take(o, '', noon)
    const p = d.out[0]!.pending!
    said()
    d.left(p, 7, noon)
    d.tick(noon + 10 * second)
    expect(said()).toEqual([])
    d.tick(noon + 15 * second)
    expect(said()).toEqual([`${o.id.slice(-2)} played`])
    d.confirmed([8])
    expect(d.state.pending).toHaveLength(1)
    d.confirmed([7])
    expect(d.state.pending).toHaveLength(0)
    d.take(o, 'replayed', noon)
    expect(said()).toEqual([`${o.id.slice(-2)} refused replayed`])
  })
  test('settings and tests', () => {
    const { d, played, said } = desk()
    const set = order({ kind: 'set', text: undefined, set: { vol: 5, region: '110108001000', pos: [116300000, 39950000] } })
    d.take(set, '', noon)
    expect([d.state.volume, d.place({ code: 'c', region: '110105001000' })]).toEqual([5, { code: 'c', region: '110108001000', position: [116300000, 39950000] }])
    const tone = order({ kind: 'test', tone: 500, text: undefined })
    d.take(tone, '', noon)
    d.finished(played[0]!, { reason: '', source: 'tone' }, noon)
    d.take(order(), '', noon)
    d.take(order({ kind: 'test', tone: 500, text: undefined }), '', noon)
    expect(said().filter((s) => /true|false/.test(s)).map((s) => s.slice(3))).toEqual(['true', 'true', 'false busy'])
  })
  test('only so many are held', () => {
    const { d, said } = desk()
    for (let i = 0; i < 64; i++) d.take(order({ id: `01JZ0000000000000000001${String(i).padStart(3, '0')}` }), '', noon)
    said()
    d.take(order({ id: '01JZ0000000000000000009999' }), '', noon)
    expect(said()).toEqual(['99 refused queue_full'])
  })
})

test('what is grave holds the screen, the rest has its minute', () => {
  const { d, played } = desk()
  d.take(order({ sev: 3 }), '', noon)
  d.begun(played[0]!, 'picture', noon)
  d.shown(played[0]!, noon)
  d.finished(played[0]!, { reason: '' }, noon + second)
  expect(stage(d, noon + second, 'orange').full).toHaveLength(1)
  expect(stage(d, noon + leastShown, 'orange')).toMatchObject({ full: [], listed: [{ order: { sev: 3 } }] })
  expect(stage(d, noon + leastShown, 'yellow').full).toHaveLength(1)
  expect([asGrave('red', 'orange'), asGrave('yellow', 'orange'), asGrave('unknown', 'blue'), asGrave('unknown', 'unknown')]).toEqual([true, false, false, true])
})

describe('pages', () => {
  const within = (n: number) => (s: string) => [...s].length <= n
  test('break where sentences do, and lose nothing', () => {
    const text = '第一句话说完了。第二句话，分两段说。\n第三句！最后一句没有句号'
    for (const n of [4, 7, 12, 15, 100]) {
      const pages = paginate(text, within(n))
      expect(pages.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''))
      for (const p of pages) expect([...p].length).toBeLessThanOrEqual(n)
      for (const p of pages) expect(p).not.toMatch(/^[，。！]/)
    }
    expect(paginate(text, within(12))[0]).toBe('第一句话说完了。')
    expect(paginate('Stay away from the river. Move to higher ground now.', within(30))).toEqual(['Stay away from the river.', 'Move to higher ground now.'])
  })
  test('leave figures whole', () => {
    expect(paginate('Rain from 18:00 to 06:00, then 1,200 mm more', within(21))).toEqual(['Rain from 18:00 to', '06:00, then 1,200 mm', 'more'])
  })
  test('end for anything', () => {
    expect(paginate('', within(5))).toEqual([])
    expect(paginate(' \n ', within(5))).toEqual([])
    expect(paginate('啊'.repeat(1850), within(140)).join('')).toBe('啊'.repeat(1850))
    expect(paginate('😀😀😀', (s) => s.length <= 3)).toEqual(['😀', '😀', '😀'])
    expect(paginate('abc', () => false).join('')).toBe('abc') // a screen on which nothing fits
  })
  test('stand for as long as people read', () => {
    expect(readingTime('短', 'zh')).toBe(6000)
    expect(readingTime('字'.repeat(100), 'zh')).toBe(21_000)
    expect(readingTime('word '.repeat(50).trim(), 'en')).toBe(21_000)
  })
})

test('the clock', () => {
  let own = 1_000_000
  const c = new Clock(() => own)
  c.set(1_001_500, own) // within what is tolerated
  expect(c.offset).toBe(0)
  own += 100
  c.set(2_000_050, own - 100)
  expect(c.now()).toBe(2_000_100)
  c.wake(500, 0)
  expect(c.offset).toBe(500)
  own = 0 // a battery is dead
  c.wake(500, 2_000_000)
  expect(c.now()).toBe(2_000_000)
})

test('the doors say the same keys in both languages', () => {
  const [zh, en] = ['zh', 'en'].map((l) => JSON.parse(readFileSync(join(import.meta.dirname, `../locales/${l}/door.json`), 'utf8')) as Record<string, string>)
  expect(Object.keys(en!)).toEqual(Object.keys(zh!))
})
