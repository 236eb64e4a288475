// The service worker of the doors that work without the network. A door's page and everything
// it needs are kept together and answered from there at once; a newer build is fetched behind
// and stands there at the next start. What the platform is asked (/api, /media) is none of its
// business: that is kept, checked, by the page itself.

/** What this file needs of a service worker, whose types do not go together with a page's. */
interface Extendable extends Event { waitUntil(work: Promise<unknown>): void }
interface Fetching extends Extendable { request: Request; respondWith(answer: Promise<Response>): void }
interface Worker {
  location: Location
  registration: { scope: string }
  clients: { claim(): Promise<void> }
  skipWaiting(): Promise<void>
  addEventListener(name: 'install' | 'activate', fn: (e: Extendable) => void): void
  addEventListener(name: 'fetch', fn: (e: Fetching) => void): void
}
const worker = globalThis as unknown as Worker

const cacheName = 'door-1'
const doors = ['/screen/', '/tv/', '/field/', '/task/']

/** The door that a page belongs to. */
const doorOf = (url: URL): string | undefined => doors.find((d) => url.pathname.startsWith(d))

/** Fetches a page and all that it names, and keeps them; the page last, so that it is never
    kept without the rest. */
async function keep(door: string): Promise<Response> {
  const page = await fetch(door, { cache: 'no-cache' })
  if (!page.ok) return page
  const cache = await caches.open(cacheName)
  const names = [...(await page.clone().text()).matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((m) => m[1]!)
  await Promise.all(names.map(async (name) => (await cache.match(name)) ?? cache.add(name)))
  await cache.put(door, page.clone())
  const wanted = new Set<string>()
  for (const d of doors) {
    const kept = await cache.match(d)
    for (const m of (await kept?.text())?.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g) ?? []) wanted.add(m[1]!)
  }
  for (const request of await cache.keys()) {
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/assets/') && !wanted.has(pathname)) await cache.delete(request)
  }
  return page
}

worker.addEventListener('install', (event) => {
  const door = doorOf(new URL(worker.registration.scope))
  event.waitUntil((door ? keep(door) : Promise.resolve()).then(() => worker.skipWaiting()))
})

worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()))

worker.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url)
  if (event.request.method !== 'GET' || url.origin !== worker.location.origin) return
  const door = doorOf(url)
  if (door && event.request.mode === 'navigate') {
    event.respondWith(caches.match(door).then((kept) => {
      const fresh = keep(door)
      event.waitUntil(fresh.catch(() => undefined))
      return kept ?? fresh
    }))
  } else if (url.pathname.startsWith('/assets/')) {
    event.respondWith(caches.match(url.pathname).then((kept) => kept ?? fetch(event.request)))
  }
})
