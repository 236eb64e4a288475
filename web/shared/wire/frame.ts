// A frame down, taken apart and judged (docs/wire.md §3, §3.1; engine/wire/frame.go, verify.go).
import { hex, same, text, u32, utf8 } from './bytes.ts'
import { canonical, isValid, type Order } from './order.ts'
import { onCurve, verify } from './sm.ts'

/** Why an order was not obeyed, or not to its end; "" when it is accepted. */
export type Reason = '' | 'bad_frame' | 'unknown_issuer' | 'forged_certificate' | 'certificate_expired' | 'certificate_revoked' | 'bad_signature' |
  'wrong_area' | 'not_yet_valid' | 'expired' | 'cancelled' | 'replayed' |
  'audio_missing' | 'audio_corrupt' | 'player_failed' | 'higher_rank' | 'power_lost' | 'expired_waiting' | 'by_cancel' | 'by_stop' | 'by_update' |
  'queue_full' | 'busy' | 'setting_rejected'

/** Whom a terminal believes: keys of issuers by number, and certificates it no longer believes. */
export interface Trust {
  issuers: Record<string, string> // 12 hexadecimal digits → x ‖ y in hexadecimal
  revoked: string[]
}

const maxFrame = 64 << 10
const head = 8
const certificateSize = 143
const signatureSize = 74

const marked = (b: Uint8Array, mark: string): boolean => same(b.slice(0, 4), utf8(mark))
export const isOrder = (b: Uint8Array): boolean => marked(b, 'TS1O')
export const isConfirm = (b: Uint8Array): boolean => marked(b, 'TS1C')

interface Certificate { raw: Uint8Array; issuer: string; number: string; year: number; month: number; key: string }

function certificate(b: Uint8Array): Certificate | undefined {
  const c = { raw: b, issuer: hex(b.slice(1, 7)), number: hex(b.slice(7, 13)), year: 2000 + b[13]!, month: b[14]!, key: hex(b.slice(15, 79)) }
  return b[0] === 0 && c.month >= 1 && c.month <= 12 && onCurve(c.key) ? c : undefined
}

/** The first instant, UTC µs, at which it is no longer good: the month after its last, in China. */
const until = (c: Certificate): number => (Date.UTC(c.year, c.month, 1) - 8 * 3_600_000) * 1000

interface Frame { order: Order; cert: Certificate; content: Uint8Array; digits: Uint8Array }

function read(b: Uint8Array): Frame | undefined {
  const tail = b.length - certificateSize - signatureSize
  if (b.length > maxFrame || tail < head || !isOrder(b) || u32(b, 4) !== tail - head) return undefined
  const cert = certificate(b.slice(tail, tail + certificateSize))
  const signature = b.slice(tail + certificateSize)
  if (!cert || hex(signature.slice(4, 10)) !== cert.number) return undefined
  try {
    const body = text(b.slice(head, tail))
    const order = JSON.parse(body) as Order
    if (!isValid(order) || canonical(order) !== body) return undefined
    return { order, cert, content: b.slice(0, b.length - 64), digits: signature.slice(10) }
  } catch {
    return undefined
  }
}

// A certificate signs thousands of orders; that its issuer made it is checked once.
const proven = new Set<string>()

function madeBy(c: Certificate, issuer: string): boolean {
  const name = `${issuer} ${hex(c.raw)}`
  if (!proven.has(name)) {
    if (!verify(issuer, c.raw.slice(0, certificateSize - 64), c.raw.slice(certificateSize - 64))) return false
    if (proven.size >= 64) proven.clear()
    proven.add(name)
  }
  return true
}

/** Checks what is the same for every terminal. The order is there whenever the form is good,
    so that a refusal can name it; it may be obeyed only if the reason is "". */
export function authenticate(b: Uint8Array, trust: Trust, now: number): { order?: Order; reason: Reason } {
  const f = read(b)
  if (!f) return { reason: 'bad_frame' }
  const issuer = Object.hasOwn(trust.issuers, f.cert.issuer) ? trust.issuers[f.cert.issuer] : undefined
  let reason: Reason = ''
  if (!issuer) reason = 'unknown_issuer'
  else if (!madeBy(f.cert, issuer)) reason = 'forged_certificate'
  else if (now >= until(f.cert)) reason = 'certificate_expired'
  else if (trust.revoked.includes(f.cert.number)) reason = 'certificate_revoked'
  else if (!verify(f.cert.key, f.content, f.digits)) reason = 'bad_signature'
  return { order: f.order, reason }
}
