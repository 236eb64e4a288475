// How a screen joins a platform (docs/wire.md §1): it makes its own key, and shows a word and a
// picture of a link until a person says on a telephone which device it is. Whoever sets up many
// may put a token into the address instead: /screen/#token=…
import { base64url, hex, unbase64, unhex, utf8 } from '@/shared/wire/bytes.ts'
import type { Point } from '@/shared/wire/area.ts'
import type { Trust } from '@/shared/wire/frame.ts'
import { newKeyPair, sign, type KeyPair } from '@/shared/wire/sm.ts'
import type { Vault } from '@/shared/terminal/vault.ts'

/** What enrolment gave. */
export interface Identity {
  code: string
  region: string
  position?: Point
  volume: number
  issuers: Trust['issuers']
  receiptKey: string // hexadecimal
  period: number
}

interface EnrolResponse {
  code: string
  region: string
  position?: Point
  volume: number
  issuers: { number: string; key: string }[]
  receipt_key: string
  period: number
}

export interface Pairing { pairing: string; link: string; qr: string }

/** What came of asking. */
export type Asked = { identity: Identity } | { pairing: Pairing } | { refused: string } | 'away'

const firmware = 'web 1'

/** Who this computer is, for people: the browser, and a number of its own. */
function hardware(key: string): { model: string; serial: string } {
  const browser = /(Chrome|Firefox|Version)\/(\d+)/.exec(navigator.userAgent)
  const name = browser ? `${browser[1] === 'Version' ? 'Safari' : browser[1]} ${browser[2]}` : 'Browser'
  const system = /\(([^;)]+)/.exec(navigator.userAgent)?.[1] ?? ''
  return { model: `${name} ${system}`.trim().slice(0, 40), serial: key.slice(0, 16) }
}

/** The computer's key, made the first time. */
export async function keyOf(vault: Vault): Promise<KeyPair> {
  const kept = await vault.get<KeyPair>('key')
  if (kept) return kept
  const made = newKeyPair()
  await vault.put('key', made)
  return made
}

function identity(r: EnrolResponse): Identity {
  const key = (text: string) => hex(unbase64(text))
  return {
    code: r.code, region: r.region, position: r.position, volume: r.volume, period: r.period, receiptKey: key(r.receipt_key),
    issuers: Object.fromEntries(r.issuers.map((i) => [i.number, key(i.key)])),
  }
}

async function post(path: string, key: KeyPair, purpose: string, fields: Record<string, string>, at: number): Promise<Response> {
  const { model, serial } = hardware(key.key)
  const proved = [purpose, ...Object.values(fields), key.key, model, serial, firmware, String(at)].join('\0')
  return fetch(path, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, signal: AbortSignal.timeout(15_000),
    body: JSON.stringify({ ...Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== '')), key: base64url(unhex(key.key)), model, serial, firmware, at, proof: hex(sign(key, utf8(proved))) }),
  })
}

/** Asks once: with the token of the address, or to be paired. */
export async function ask(key: KeyPair, token: string, now: number): Promise<Asked> {
  try {
    const response = token
      ? await post('/api/terminal/enrol', key, 'tongsheng-enrol-1', { token, code: '' }, now)
      : await post('/api/terminal/pair', key, 'tongsheng-pair-1', {}, now)
    const answer = (await response.json()) as EnrolResponse & Pairing & { enrolment?: EnrolResponse; title?: string; detail?: string }
    if (response.ok && token) return { identity: identity(answer) }
    if (response.ok) return answer.enrolment ? { identity: identity(answer.enrolment) } : { pairing: answer }
    const final = response.status >= 400 && response.status < 500 && ![408, 429].includes(response.status)
    return final ? { refused: answer.detail || answer.title || String(response.status) } : 'away'
  } catch {
    return 'away'
  }
}
