// A terminal's clock: the computer's own, moved by what the platform said. A computer without a
// battery for its clock may wake up in another year; it is then put at least to when it was last
// known to run, until the platform says better.

/** The error below which the computer's own clock is left alone, ms. */
const tolerated = 2000

export class Clock {
  /** ms added to the computer's clock. */
  offset = 0
  constructor(private readonly own: () => number = () => Date.now()) {}

  /** ms since 1970. */
  now(): number { return this.own() + this.offset }

  /** UTC microseconds, as the wire counts. */
  micros(): number { return Math.round(this.now() * 1000) }

  /** Takes up what was known before a restart: the offset, and when it last ran. */
  wake(offset: number, seen: number): void {
    this.offset = offset
    if (this.now() < seen) this.offset = seen - this.own()
  }

  /** Corrects the clock by the platform's answer, asked for at asked (own clock, ms). */
  set(answer: number, asked: number): void {
    const own = this.own()
    const off = answer - (asked + (own - asked) / 2)
    this.offset = Math.abs(off) < tolerated ? 0 : Math.round(off)
  }

  /** Asks the platform; without an answer the clock stays. */
  async ask(): Promise<boolean> {
    const asked = this.own()
    try {
      const response = await fetch('/api/terminal/time', { cache: 'no-store', signal: AbortSignal.timeout(5000) })
      const { at } = (await response.json()) as { at: number }
      if (!response.ok || !(at > 0)) return false
      this.set(at / 1000, asked)
      return true
    } catch {
      return false
    }
  }
}
