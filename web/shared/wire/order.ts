// An order to terminals (docs/wire.md §3, engine/wire/order.go): its fields, their limits,
// and the one text that it may be signed as.
import type { Area, Point } from './area.ts'

export type Kind = 'play' | 'cancel' | 'stop' | 'set' | 'test'

export interface Text { lang: string; title?: string; body: string }
export interface Sound { lang: string; sm3: string; n: number; mime: string; path: string; ms: number }
export interface Attachment { sm3: string; n: number; mime: string; path: string }
export interface Settings { vol?: number; period?: number; revoke?: string[]; region?: string; pos?: Point }

/** Times are UTC microseconds: exact in a JavaScript number until the year 2255. */
export interface Order {
  id: string
  ebm?: string
  from: string
  v: number
  seq: number
  kind: Kind
  class: 'emergency' | 'everyday'
  drill?: boolean
  sev?: number
  event?: string
  rank?: number
  at: number
  from_at: number
  until: number
  area: Area
  text?: Text[]
  audio?: Sound[]
  att?: Attachment[]
  /** A programme to relay until the end: an address, a path under the media base, or a tuned broadcast. */
  relay?: string
  repeat?: number
  gap?: number
  vol?: number
  super?: string[]
  set?: Settings
  tone?: number
}

/** How often the message is played in all. */
export const plays = (o: Order): number => Math.max(o.repeat ?? 0, 1)

type Shape = readonly (readonly [name: string, omit: boolean])[]
const all = (names: string, optional = ''): Shape => {
  const left = optional.split(' ')
  return names.split(' ').map((n) => [n, left.includes(n)] as const)
}

// Fields in the order in which they are written; those that are left out when empty or zero.
const shapes = {
  order: all('id ebm from v seq kind class drill sev event rank at from_at until area text audio att relay repeat gap vol super set tone',
    'ebm drill sev event rank text audio att relay repeat gap super tone'),
  area: all('regions polygons circles codes types', 'regions polygons circles codes types'),
  circle: all('c r'),
  text: all('lang title body', 'title'),
  sound: all('lang sm3 n mime path ms'),
  attachment: all('sm3 n mime path'),
  set: all('vol period revoke region pos', 'revoke region'),
}

const empty = (v: unknown): boolean => v === undefined || v === 0 || v === '' || v === false || (Array.isArray(v) && v.length === 0)

// vol, period, pos and set are pointers on the other side: there or not, zero included.
function pick(thing: object, shape: Shape, inner: Record<string, (v: never) => unknown> = {}): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const [name, omit] of shape) {
    const v = (thing as Record<string, unknown>)[name]
    if (v === undefined || (omit && empty(v))) continue
    out[name] = inner[name] ? inner[name](v as never) : v
  }
  return out
}

const each = (shape: Shape) => (list: object[]) => list.map((x) => pick(x, shape))

/** The one JSON text of an order, as Go's encoding/json writes it without HTML escaping. */
export const canonical = (o: Order): string => JSON.stringify(pick(o, shapes.order, {
  area: (a: Area) => pick(a, shapes.area, { circles: each(shapes.circle) }),
  text: each(shapes.text), audio: each(shapes.sound), att: each(shapes.attachment),
  set: (s: Settings) => pick(s, shapes.set),
})).replace(/[\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`)

const ulid = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/
const digits = (n: number) => new RegExp(`^\\d{${n}}$`)
const digest = /^[0-9a-f]{64}$/
const language = /^[A-Za-z0-9-]{2,35}$/
const plainType = /^[a-z0-9+.-]+\/[a-z0-9+.-]+$/
const maxTime = 253402300799999999
const maxBytes = 64 * 2 ** 20

const whole = (v: unknown, least: number, most: number): boolean => Number.isInteger(v) && (v as number) >= least && (v as number) <= most
const maybe = <T>(v: T | undefined, check: (v: T) => boolean): boolean => v === undefined || check(v)
const list = <T>(v: T[] | undefined, most: number, check: (x: T) => boolean): boolean => v === undefined || (Array.isArray(v) && v.length <= most && v.every(check))
const string = (v: unknown): v is string => typeof v === 'string'
const like = (pattern: RegExp) => (v: unknown): boolean => string(v) && pattern.test(v)
const path = (v: unknown): boolean => string(v) && /^\/[a-zA-Z0-9/\-_.~]{1,511}$/.test(v) && !v.includes('//') && !v.includes('..')
const point = (p: unknown): boolean => Array.isArray(p) && p.length === 2 && whole(p[0], -180e6, 180e6) && whole(p[1], -90e6, 90e6)
const region = (v: unknown): boolean => like(/^[1-9]\d{11}$/)(v) && (!(v as string).startsWith('10') || v === '100000000000')
const wellFormed = (v: unknown): boolean => string(v) && !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(v)

function areaIsValid(a: Area): boolean {
  return a !== null && typeof a === 'object' && [a.regions, a.polygons, a.circles, a.codes].some((x) => !empty(x)) &&
    list(a.regions, Infinity, region) &&
    list(a.polygons, Infinity, (ring) => Array.isArray(ring) && ring.length >= 3 && ring.length <= 1000 && ring.every(point)) &&
    list(a.circles, Infinity, (c) => point(c.c) && whole(c.r, 1, 2_000_000)) &&
    list(a.codes, Infinity, like(digits(23))) && list(a.types, 16, like(digits(4)))
}

function contentIsValid(o: Order): boolean {
  return list(o.text, 16, (t) => like(language)(t.lang) && wellFormed(t.body) && t.body !== '' && maybe(t.title, wellFormed)) &&
    list(o.audio, 16, (a) => like(digest)(a.sm3) && like(language)(a.lang) && whole(a.n, 1, maxBytes) && whole(a.ms, 1, 86_400_000) &&
      like(/^audio\/.{0,58}$/)(a.mime) && path(a.path)) &&
    list(o.att, 16, (a) => like(digest)(a.sm3) && whole(a.n, 1, maxBytes) && like(plainType)(a.mime) && a.mime.length <= 64 && path(a.path)) &&
    list(o.super, Infinity, (id) => like(ulid)(id) && id !== o.id)
}

/** Whether a terminal tunes to a relay by itself. */
export const isTuned = (relay: string): boolean => /^(fm:[0-9]{5,6}|dtmb:[0-9]{5,6}:[0-9]{1,5})$/.test(relay)

function isRelay(v: string): boolean {
  if (!string(v) || v.length > 512) return false
  if (v.startsWith('/')) return path(v)
  if (isTuned(v)) return true
  if (!/^https?:\/\/[!#-;=?-\[\]_a-z~]+$/i.test(v) || v.startsWith('HTTP') || v.includes('#') || !URL.canParse(v)) return false
  const u = new URL(v)
  return u.hostname !== '' && u.username === '' && u.password === '' && !/^https?:\/\/[^/?]*@/i.test(v)
}

function kindIsValid(o: Order): boolean {
  const s = o.set
  if ((s !== undefined) !== (o.kind === 'set') || (!empty(o.tone)) !== (o.kind === 'test') || (!empty(o.att) && o.kind !== 'play')) return false
  if (!empty(o.relay) && (o.kind !== 'play' || !empty(o.audio) || (o.repeat ?? 0) > 1 || !isRelay(o.relay!))) return false
  switch (o.kind) {
    case 'play': return !empty(o.text) || !empty(o.audio) || !empty(o.relay)
    case 'cancel': case 'stop': return true
    case 'test': return whole(o.tone, 100, 10_000)
    case 'set':
      return s !== undefined && s !== null && !(s.vol === undefined && s.period === undefined && empty(s.revoke) && empty(s.region) && s.pos === undefined) &&
        maybe(s.vol, (v) => whole(v, 0, 100)) && maybe(s.period, (v) => whole(v, 5, 86_400)) && list(s.revoke, Infinity, like(/^[0-9a-f]{12}$/)) &&
        maybe(s.region, region) && maybe(s.pos, (p) => s.region !== undefined && point(p))
  }
  return false
}

/** Whether every field is in its range and the kind has what it needs. */
export function isValid(o: Order): boolean {
  return o !== null && typeof o === 'object' && like(ulid)(o.id) && maybe(o.ebm, like(digits(35))) && like(digits(23))(o.from) &&
    (o.class === 'emergency' || o.class === 'everyday') && maybe(o.drill, (d) => d === true) &&
    maybe(o.sev, (s) => whole(s, 0, 4)) && maybe(o.event, like(/^[1-69]\d{4}$/)) && maybe(o.rank, (r) => whole(r, 0, 2 ** 32 - 1)) &&
    whole(o.v, 1, 2 ** 20) && whole(o.seq, 1, Number.MAX_SAFE_INTEGER) && whole(o.at, 1, maxTime) && whole(o.from_at, 1, maxTime) &&
    whole(o.until, o.from_at + 1, maxTime) && maybe(o.repeat, (r) => whole(r, 0, 1000)) && maybe(o.gap, (g) => whole(g, 0, 3_600_000)) &&
    maybe(o.vol, (v) => whole(v, 0, 100)) && areaIsValid(o.area) && contentIsValid(o) && kindIsValid(o)
}
