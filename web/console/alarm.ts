// Two tones, one after the other, until somebody takes what waits. A browser plays nothing before
// its user touched the page; whoever is to hear it must be told so.
import { ref } from 'vue'

/** Whether sound can be heard: not begun, heard, or held back by the browser until the page is touched. */
export const alarmState = ref<'idle' | 'ready' | 'blocked'>('idle')

let context: AudioContext | undefined
let timer: ReturnType<typeof setInterval> | undefined

/** The tones of one call: when each begins and ends, in seconds, and its pitch. */
export const tones = [{ at: 0, until: 0.35, hertz: 880 }, { at: 0.4, until: 0.75, hertz: 660 }] as const
const every = 2500

function play(): void {
  if (!context || context.state !== 'running') return
  for (const { at, until, hertz } of tones) {
    const tone = context.createOscillator()
    const gain = context.createGain()
    const now = context.currentTime
    tone.frequency.value = hertz
    gain.gain.setValueAtTime(0, now + at)
    gain.gain.linearRampToValueAtTime(0.3, now + at + 0.02)
    gain.gain.setValueAtTime(0.3, now + until - 0.05)
    gain.gain.linearRampToValueAtTime(0, now + until)
    tone.connect(gain).connect(context.destination)
    tone.start(now + at)
    tone.stop(now + until)
  }
}

/** Makes sound possible where the browser lets it; says whether it did. */
export async function readyAlarm(): Promise<boolean> {
  context ??= new AudioContext()
  // A browser that holds sound back leaves the promise open.
  await Promise.race([context.resume(), new Promise((done) => setTimeout(done, 300))]).catch(() => undefined)
  alarmState.value = context.state === 'running' ? 'ready' : 'blocked'
  return alarmState.value === 'ready'
}

/** Sounds once, so that whoever sits here knows what to listen for. */
export async function testAlarm(): Promise<void> {
  if (await readyAlarm()) play()
}

/** Sounds from now on, or falls silent. */
export function sound(on: boolean): void {
  if (on === (timer !== undefined)) return
  clearInterval(timer)
  timer = undefined
  if (!on) return
  const go = () => void readyAlarm().then((can) => can && play())
  go()
  timer = setInterval(go, every)
}

// The first touch lets it sound.
for (const kind of ['pointerdown', 'keydown']) {
  globalThis.addEventListener?.(kind, () => void (alarmState.value === 'blocked' && readyAlarm()), { passive: true, capture: true })
}
