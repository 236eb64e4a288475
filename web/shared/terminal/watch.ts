// What keeps a page going for months without a person: it opens without the network, the
// screen does not sleep, an error starts it anew, and a new build is taken up at a quiet hour.

/** Lets the page open without the network from now on (sw.ts). */
export function keepOffline(scope: string): void {
  if (!('serviceWorker' in navigator)) return // only over https, or on the computer itself
  navigator.serviceWorker.register('/sw.js', { scope }).catch(() => undefined)
}

/** busy says that something stands there, or that the network is gone: no time to start anew. */
export function keepRunning(busy: () => boolean): void {
  const awake = (): void => {
    if (document.visibilityState === 'visible') navigator.wakeLock?.request('screen').catch(() => undefined)
  }
  document.addEventListener('visibilitychange', awake)
  awake()
  // An error that nobody caught leaves the page in a state that nobody thought of. Everything
  // that matters is kept, so it starts anew; not at once, or it might do nothing else.
  const again = (): void => { setTimeout(() => location.reload(), 20_000) }
  addEventListener('error', again, { once: true })
  addEventListener('unhandledrejection', again, { once: true })
  // Each night, for the newest build and against whatever piles up in a browser.
  const night = 4
  setInterval(() => {
    const now = new Date()
    if (now.getHours() === night && performance.now() > 12 * 3_600_000 && !busy()) location.reload()
  }, 600_000)
}
