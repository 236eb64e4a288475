// Live updates: server-sent events with reconnection. What is told is a hint or a small
// delta; whenever the stream opens, onGap tells the pages to read afresh.
import { ref } from 'vue'

type Handler = (data: never) => void

const handlers = new Map<string, Set<Handler>>()
const gapHandlers = new Set<() => void>()
let source: EventSource | undefined
let retry: ReturnType<typeof setTimeout> | undefined
let failures = 0

/** Whether the stream is there. */
export const liveState = ref<'off' | 'open' | 'lost'>('off')

/** How long to wait before attempt n (1…): doubling from 1 s to 30 s. */
export const backoff = (n: number): number => Math.min(30_000, 1000 * 2 ** Math.max(0, n - 1))

function attach(name: string): void {
  source?.addEventListener(name, (event) => {
    const data = JSON.parse((event as MessageEvent<string>).data) as never
    handlers.get(name)?.forEach((fn) => fn(data))
  })
}

function connect(): void {
  source = new EventSource('/api/live')
  source.onopen = () => {
    failures = 0
    liveState.value = 'open'
    gapHandlers.forEach((fn) => fn()) // what happened since the pages were read was told to nobody, at the first opening too
  }
  source.onerror = () => {
    liveState.value = 'lost'
    source?.close()
    clearTimeout(retry)
    retry = setTimeout(connect, backoff(++failures))
  }
  handlers.forEach((_, name) => attach(name))
}

/** Opens the stream; a no-op when it is open. */
export function startLive(): void {
  if (!source) connect()
}

/** Closes the stream, as at sign-out. */
export function stopLive(): void {
  clearTimeout(retry)
  source?.close()
  source = undefined
  failures = 0
  liveState.value = 'off'
}

/** Hears events of a name; returns how to stop hearing. */
export function onLive<T>(name: string, fn: (data: T) => void): () => void {
  let set = handlers.get(name)
  if (!set) {
    handlers.set(name, (set = new Set()))
    attach(name)
  }
  set.add(fn as Handler)
  return () => set.delete(fn as Handler)
}

/** Calls fn when the stream opens: news may have been missed until then. */
export function onGap(fn: () => void): () => void {
  gapHandlers.add(fn)
  return () => gapHandlers.delete(fn)
}
