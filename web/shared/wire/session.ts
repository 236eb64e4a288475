// One connection's worth of frames up (docs/wire.md §2, §4, §5; engine/wire/session.go).
import { base64url, concat, hex, put64, same, u16, u64, utf8 } from './bytes.ts'
import { isConfirm, type Reason } from './frame.ts'
import { mac, sessionKey, sign, type KeyPair } from './sm.ts'

export type Phase = 'received' | 'queued' | 'playing' | 'interrupted' | 'resumed' | 'played' | 'failed' | 'refused' | 'cancelled'

/** Where it came from: the signed sound, speech or a tone made here, or the picture alone. */
export type Source = 'audio' | 'speech' | 'tone' | 'picture'

export interface Receipt { o: string; v: number; p: Phase; r?: Reason; t: number; src?: Source }

export interface Heartbeat {
  t: number
  pw: 'mains' | 'battery'
  bat?: number
  link: string
  vol: number
  f?: string[]
  play?: string
  up: number
  boots: number
  fw?: string
  off?: number
}

export interface Hello extends Heartbeat {
  held?: { o: string; v: number }[]
  seq?: Record<string, number>
}

export interface Result { o: string; v: number; ok: boolean; r?: Reason; t: number; vol: number; period: number }

/** What goes up, by its kind. */
export type Up = { kind: 'H'; body: Hello } | { kind: 'B'; body: Heartbeat } | { kind: 'R'; body: Receipt } | { kind: 'S'; body: Result }

const connectPurpose = 'tongsheng-connect-1'

export class Session {
  readonly id: Uint8Array
  /** The MQTT password. */
  readonly token: string
  private readonly key: Uint8Array
  private count = 0

  /** Begins a session of a device at now, UTC µs. random is for tests. */
  constructor(device: KeyPair, receiptKey: string, code: string, now: number, random: Uint8Array = crypto.getRandomValues(new Uint8Array(8))) {
    this.id = concat(put64(now), random)
    const signature = sign(device, concat(utf8(`${connectPurpose}\0${code}\0`), Uint8Array.of(1), this.id))
    this.token = base64url(concat(Uint8Array.of(1), this.id, signature))
    this.key = sessionKey(device.secret, receiptKey, this.id, utf8(`tongsheng-session-1 ${code}`))
  }

  /** Makes the next frame up, and tells its counter, by which the platform confirms it. */
  seal(up: Up): { frame: Uint8Array; counter: number } {
    const counter = ++this.count
    const content = concat(utf8('TU1'), utf8(up.kind), this.id, put64(counter), utf8(JSON.stringify(up.body)))
    return { frame: concat(content, mac(this.key, content)), counter }
  }

  /** The counters that a confirmation names; undefined for what is none of this session. */
  confirmed(b: Uint8Array): number[] | undefined {
    const head = 22
    if (b.length < head + 16 || !isConfirm(b) || b.length !== head + 8 * u16(b, 20) + 16) return undefined
    const content = b.slice(0, b.length - 16)
    if (hex(b.slice(4, 20)) !== hex(this.id) || !same(mac(this.key, content), b.slice(b.length - 16))) return undefined
    return Array.from({ length: u16(b, 20) }, (_, i) => u64(b, head + 8 * i))
  }
}
