// Bytes as the wire writes them: big-endian numbers, hexadecimal, base64url without padding.

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Text of bytes; throws where they are no UTF-8. */
export const text = (b: Uint8Array): string => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(b)

export function concat(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const p of parts) {
    out.set(p, at)
    at += p.length
  }
  return out
}

export const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((x, i) => x === b[i])

export const hex = (b: Uint8Array): string => Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('')

export function unhex(s: string): Uint8Array {
  if (s.length % 2 || !/^[0-9a-fA-F]*$/.test(s)) throw new Error('no hexadecimal')
  return Uint8Array.from({ length: s.length / 2 }, (_, i) => Number.parseInt(s.slice(2 * i, 2 * i + 2), 16))
}

export const base64 = (b: Uint8Array): string => btoa(Array.from(b, (x) => String.fromCharCode(x)).join(''))

export const base64url = (b: Uint8Array): string => base64(b).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

/** Reads base64 of either alphabet, with or without padding. */
export function unbase64(s: string): Uint8Array {
  const raw = atob(s.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(raw, (c) => c.charCodeAt(0))
}

const view = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset, b.byteLength)

export const u16 = (b: Uint8Array, at: number): number => view(b).getUint16(at)
export const u32 = (b: Uint8Array, at: number): number => view(b).getUint32(at)

/** A number of eight bytes as a JavaScript number, exact up to 2^53; larger ones are Infinity. */
export function u64(b: Uint8Array, at: number): number {
  const n = view(b).getBigUint64(at)
  return n <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(n) : Infinity
}

export function put64(n: number): Uint8Array {
  const b = new Uint8Array(8)
  view(b).setBigUint64(0, BigInt(n))
  return b
}
