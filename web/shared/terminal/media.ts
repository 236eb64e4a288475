// Sounds and pictures of orders: fetched once, believed only if size and digest are as signed,
// and kept for when the network is gone.
import { sm3 } from '../wire/sm.ts'
import type { Vault } from './vault.ts'

export interface File { sm3: string; n: number; mime: string; path: string }

/** Larger files are left: checking one would hold the page up. */
const largest = 24 * 2 ** 20
const room = 256 * 2 ** 20

interface Kept { bytes: ArrayBuffer; used: number }

export class MissingError extends Error {}
export class CorruptError extends Error {}

export class Media {
  private readonly flights = new Map<string, Promise<Blob>>()
  constructor(private readonly vault: Vault, private readonly get: typeof fetch = (...a) => fetch(...a)) {}

  /** The file of an order; throws MissingError or CorruptError. */
  blob(f: File): Promise<Blob> {
    let flight = this.flights.get(f.sm3)
    if (!flight) {
      flight = this.read(f).finally(() => this.flights.delete(f.sm3))
      this.flights.set(f.sm3, flight)
    }
    return flight
  }

  private async read(f: File): Promise<Blob> {
    const kept = await this.vault.get<Kept>(f.sm3, 'media')
    if (kept) return new Blob([kept.bytes], { type: f.mime })
    if (f.n > largest) throw new MissingError('too large')
    let bytes: ArrayBuffer
    try {
      const response = await this.get(f.path, { signal: AbortSignal.timeout(60_000) })
      if (!response.ok) throw new MissingError(String(response.status))
      bytes = await response.arrayBuffer()
    } catch (cause) {
      throw new MissingError('not fetched', { cause })
    }
    if (bytes.byteLength !== f.n || sm3(new Uint8Array(bytes)) !== f.sm3) throw new CorruptError(f.path)
    await this.keep(f.sm3, bytes).catch(() => undefined) // it can still be played now
    return new Blob([bytes], { type: f.mime })
  }

  private async keep(digest: string, bytes: ArrayBuffer): Promise<void> {
    const all: { key: string; size: number; used: number }[] = []
    for (const key of (await this.vault.keys()) as string[]) {
      const k = await this.vault.get<Kept>(key, 'media')
      if (k) all.push({ key, size: k.bytes.byteLength, used: k.used })
    }
    let total = all.reduce((n, k) => n + k.size, bytes.byteLength)
    for (const k of all.sort((a, b) => a.used - b.used)) {
      if (total <= room) break
      await this.vault.drop(k.key, 'media')
      total -= k.size
    }
    await this.vault.put(digest, { bytes, used: Date.now() } satisfies Kept, 'media')
  }
}
