// How a set hears of messages: over a stream, and by asking where it may not hold one. What it
// says in return waits until the platform has taken it.
import { unbase64 } from '@/shared/wire/bytes.ts'
import type { Vault } from '@/shared/terminal/vault.ts'

export interface Report { o: string; p: 'shown' | 'ended'; how?: 'crawl' | 'full'; after: number }

const [silence, pollEvery, retryEvery] = [50_000, 20_000, 45_000] // ms; the platform speaks every 20 s

export interface Options {
  region: string
  set: string
  vault: Vault
  receive(frame: Uint8Array): void
  /** The platform's clock, UTC µs. */
  clock(at: number): void
}

export class Line {
  private source: EventSource | undefined
  private heard = 0
  private polled = 0
  private retry = 0
  private queue: Report[] = []
  private sending = false
  private patience = 1000
  private readonly timer: ReturnType<typeof setInterval>
  /** Whether the platform was heard of late. */
  get up(): boolean { return performance.now() - this.heard < silence + pollEvery }

  constructor(private readonly o: Options) {
    this.heard = -silence
    this.listen()
    this.timer = setInterval(() => this.look(), 1000)
    addEventListener('online', this.again)
    void o.vault.get<Report[]>('reports').then((kept) => {
      this.queue.push(...(kept ?? []))
      void this.send()
    })
  }

  close(): void {
    clearInterval(this.timer)
    removeEventListener('online', this.again)
    this.source?.close()
  }

  /** Tells the platform, now or when it can be reached. */
  report(r: Report): void {
    this.queue = [...this.queue, r].slice(-200)
    void this.o.vault.put('reports', this.queue)
    void this.send()
  }

  private readonly again = (): void => { this.retry = 0 }

  private listen(): void {
    this.source?.close()
    const source = (this.source = new EventSource(`/api/public/tv/stream?region=${this.o.region}`))
    this.retry = performance.now() + retryEvery * (0.75 + Math.random() / 2)
    source.addEventListener('now', (e) => {
      this.heard = performance.now()
      this.o.clock(Number(e.data))
    })
    source.addEventListener('order', (e) => {
      this.heard = performance.now()
      this.o.receive(unbase64(e.data as string))
    })
  }

  /** Each second: whether the stream still speaks, and asks instead where it does not. */
  private look(): void {
    const now = performance.now()
    const gone = this.source?.readyState === EventSource.CLOSED
    if (!gone && now - this.heard < silence) return
    if (now > this.retry) this.listen()
    if (now - this.polled > pollEvery) {
      this.polled = now + Math.random() * 5000
      void this.poll()
    }
  }

  private async poll(): Promise<void> {
    try {
      const response = await fetch(`/api/public/tv/orders?region=${this.o.region}`, { signal: AbortSignal.timeout(10_000) })
      if (!response.ok) return
      const { frames, at } = (await response.json()) as { frames: string[]; at: number }
      this.heard = Math.max(this.heard, performance.now() - silence)
      this.o.clock(at)
      for (const f of frames) this.o.receive(unbase64(f))
    } catch {
      // asked again
    }
  }

  private async send(): Promise<void> {
    if (this.sending || this.queue.length === 0) return
    this.sending = true
    const batch = this.queue.slice(0, 50)
    let done = false
    try {
      const response = await fetch('/api/public/tv/reports', {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, signal: AbortSignal.timeout(10_000),
        body: JSON.stringify({ set: this.o.set, region: this.o.region, reports: batch }),
      })
      done = response.ok || (response.status >= 400 && response.status < 500 && response.status !== 429 && response.status !== 408)
    } catch {
      // sent again
    }
    this.sending = false
    if (done) {
      this.queue = this.queue.filter((r) => !batch.includes(r)) // the oldest may have been dropped meanwhile
      this.patience = 1000
      await this.o.vault.put('reports', this.queue)
      return void this.send()
    }
    this.patience = Math.min(this.patience * 2, 60_000)
    setTimeout(() => void this.send(), this.patience * (0.5 + Math.random()))
  }
}
