// The sound of a message: every language in turn, from the signed audio if it can be had and
// played, else a signal and the browser's own voice, else the signal and time to read. Where
// the browser lets nothing sound, the message is still shown, and that is what is claimed.
import { isTuned, type Order, type Sound, type Text } from '../wire/order.ts'
import type { Source } from '../wire/session.ts'
import type { Outcome } from './desk.ts'
import { CorruptError, type Media } from './media.ts'
import { readingTime } from './pages.ts'
import { langOf } from './words.ts'

/** What a browser answers where nobody has touched the page and no flag allows sound. */
const isBlocked = (e: unknown): boolean => e instanceof DOMException && e.name === 'NotAllowedError'

/** How a pass is played, ms: how much of the sound was heard before it was interrupted, and how
    long it is to the order's end. */
export interface Cue { from?: number; left?: number }

// A relay that breaks off is taken up again; it has failed when it broke off so often in a row.
const [relayPause, relayLong, relayTries] = [2000, 20_000, 5]

export class Player {
  /** Whether the browser refused to sound the last time. */
  blocked = false
  private stop: AbortController | undefined
  private readonly context = new AudioContext()

  constructor(private readonly media: Media, private readonly changed: () => void) {}

  halt(): void { this.stop?.abort() }

  /** Tries whether sound is allowed; call it from a touch or key to be allowed. */
  async unlock(): Promise<boolean> {
    await Promise.race([this.context.resume(), new Promise((r) => setTimeout(r, 300))]).catch(() => undefined)
    this.block(this.context.state !== 'running')
    return !this.blocked
  }

  private block(is: boolean): void {
    if (this.blocked === is) return
    this.blocked = is
    this.changed()
  }

  /** Plays one pass after a pause, ms. begun is called when it sounds, or stands there silent.
      The outcome is undefined when it was halted. */
  async play(o: Order, after: number, volume: number, begun: (s: Source) => void, cue: Cue = {}): Promise<Outcome | undefined> {
    this.stop?.abort()
    const stop = (this.stop = new AbortController())
    const signal = stop.signal
    if (after > 0) await wait(after, signal)
    if (signal.aborted) return undefined
    const end = o.kind === 'test' ? await this.test(o, volume, signal) : o.relay ? await this.relay(o.relay, volume, signal, begun, cue.left ?? 0) : await this.message(o, volume, signal, begun, cue.from ?? 0)
    return signal.aborted ? undefined : end
  }

  private async test(o: Order, volume: number, signal: AbortSignal): Promise<Outcome> {
    return { reason: (await this.unlock()) && (await this.tone([[1000, o.tone ?? 1000]], volume * 0.1, signal)) ? '' : 'player_failed', source: 'tone' }
  }

  /** Sounds a programme until the order's end, and takes it up again where it breaks off. */
  private async relay(source: string, volume: number, signal: AbortSignal, begun: (s: Source) => void, left: number): Promise<Outcome> {
    if (isTuned(source)) return { reason: 'player_failed' }
    if (!(await this.unlock())) {
      begun('picture')
      await wait(left, signal)
      return { reason: '', source: 'picture' }
    }
    const stop = new AbortController()
    const over = AbortSignal.any([signal, stop.signal])
    const timer = setTimeout(() => stop.abort(), left)
    try {
      for (let tries = 1; ; tries++) {
        const since = Date.now()
        const well = await this.sound(source, volume, over, 0, () => begun('audio'))
        if (over.aborted) return { reason: '', source: 'audio' }
        if (well || Date.now() - since > relayLong) tries = 0
        if (tries >= relayTries) return { reason: 'player_failed' }
        await wait(relayPause, over)
      }
    } finally {
      clearTimeout(timer)
    }
  }

  private async message(o: Order, volume: number, signal: AbortSignal, begun: (s: Source) => void, from: number): Promise<Outcome> {
    let source: Source | undefined
    const start = (s: Source): void => {
      source ??= s
      begun(s)
    }
    const allowed = await this.unlock()
    for (const lang of languages(o)) {
      if (signal.aborted) break
      const [sound, text] = [o.audio?.find((a) => a.lang === lang), o.text?.find((t) => t.lang === lang)]
      if (sound && from >= sound.ms) { // heard before it was interrupted
        from -= sound.ms
        source ??= 'audio'
        continue
      }
      if (allowed && sound && (await this.audio(sound, volume, signal, from, () => start('audio')))) {
        from = 0
        continue
      }
      if (allowed && text) await this.speech(text, volume, signal, start)
      else if (text) await this.still(text, signal, start)
      else if (sound) await wait(sound.ms, signal)
    }
    return source || signal.aborted ? { reason: '', source } : { reason: this.lastFault }
  }

  private lastFault: Outcome['reason'] = 'audio_missing'

  private async audio(s: Sound, volume: number, signal: AbortSignal, from: number, begun: () => void): Promise<boolean> {
    const blob = await this.media.blob(s).catch((e: unknown) => {
      this.lastFault = e instanceof CorruptError ? 'audio_corrupt' : 'audio_missing'
    })
    if (!blob || signal.aborted) return false
    const address = URL.createObjectURL(blob)
    try {
      return await this.sound(address, volume, signal, from, begun)
    } finally {
      URL.revokeObjectURL(address)
    }
  }

  /** Sounds what is at an address, from ms on. False where it could not. */
  private async sound(address: string, volume: number, signal: AbortSignal, from: number, begun: () => void): Promise<boolean> {
    if (signal.aborted) return true // nothing would stop it any more
    const element = new Audio(address)
    element.volume = Math.min(1, volume)
    if (from > 0) element.currentTime = from / 1000
    try {
      const over = new Promise<boolean>((resolve) => {
        element.onended = () => resolve(true)
        element.onerror = () => resolve(false)
        signal.addEventListener('abort', () => resolve(true), { once: true })
      })
      await element.play()
      begun()
      return await over
    } catch (e) {
      if (isBlocked(e)) this.block(true)
      this.lastFault = 'player_failed'
      return false
    } finally {
      element.pause()
      element.removeAttribute?.('src') // a stream would go on to be fetched
    }
  }

  /** The signal, and the text by a voice of the computer where it has one for the language. */
  private async speech(t: Text, volume: number, signal: AbortSignal, begun: (s: Source) => void): Promise<void> {
    const voice = globalThis.speechSynthesis?.getVoices().find((v) => v.lang.slice(0, 2).toLowerCase() === t.lang.slice(0, 2).toLowerCase() && v.localService)
    begun(voice ? 'speech' : 'tone')
    await this.tone([[880, 350], [0, 150], [660, 350], [0, 150], [880, 350], [0, 400]], volume * 0.5, signal)
    if (!voice) return wait(reading(t), signal)
    const words = new SpeechSynthesisUtterance(`${t.title ?? ''}\n${t.body}`)
    words.voice = voice
    words.lang = voice.lang
    words.volume = Math.min(1, volume)
    await new Promise<void>((resolve) => {
      words.onend = words.onerror = () => resolve()
      signal.addEventListener('abort', () => (speechSynthesis.cancel(), resolve()), { once: true })
      speechSynthesis.speak(words)
    })
  }

  /** Shown without a sound for as long as it takes to read. */
  private async still(t: Text, signal: AbortSignal, begun: (s: Source) => void): Promise<void> {
    begun('picture')
    await wait(reading(t), signal)
  }

  /** Tones one after the other: hertz (0 for silence) and ms. */
  private async tone(notes: [number, number][], volume: number, signal: AbortSignal): Promise<boolean> {
    if (this.context.state !== 'running') return false
    const gain = this.context.createGain()
    gain.connect(this.context.destination)
    let at = this.context.currentTime
    for (const [hertz, ms] of notes) {
      const end = at + ms / 1000
      if (hertz > 0) {
        const voice = this.context.createOscillator()
        voice.frequency.value = hertz
        voice.connect(gain)
        gain.gain.setValueAtTime(0, at)
        gain.gain.linearRampToValueAtTime(Math.min(1, volume), at + 0.02)
        gain.gain.setValueAtTime(Math.min(1, volume), end - 0.02)
        gain.gain.linearRampToValueAtTime(0, end)
        voice.start(at)
        voice.stop(end)
      }
      at = end
    }
    await wait(notes.reduce((n, [, ms]) => n + ms, 0), signal)
    gain.disconnect()
    return !signal.aborted
  }
}

const reading = (t: Text): number => readingTime(`${t.title ?? ''} ${t.body}`, langOf(t.lang))

/** The languages of an order in the order in which they are played. */
const languages = (o: Order): string[] => [...new Set([...(o.text ?? []), ...(o.audio ?? [])].map((x) => x.lang))]

function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
}
