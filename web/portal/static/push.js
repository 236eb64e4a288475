// The worker behind the pages: it shows what the platform pushes, also when no page is open.
// Every push is of one message; a newer one of the same takes its place, and where it
// was called off, that stands there instead.
// @ts-check
/// <reference lib="webworker" />

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self))

/** @typedef {{ id: string, title: string, body: string, severity: string, over: boolean, url: string, lang: string, ends?: number, until?: string }} Notice */

worker.addEventListener('push', (event) => {
  /** @type {Notice} */
  const told = event.data?.json()
  if (!told) return
  event.waitUntil(told.over ? over(told) : show(told))
})

/** @param {Notice} told */
function show(told) {
  const grave = told.severity === 'red' || told.severity === 'orange'
  return worker.registration.showNotification(told.title, {
    body: [until(told), told.body].filter(Boolean).join(' · '), lang: told.lang, tag: told.id, data: told.url, requireInteraction: grave, silent: false,
    ...(grave ? { renotify: true, vibrate: [400, 200, 400] } : {}),
  })
}

/** Until when it holds: the notice stays on the phone after that. The date is told where it is not today's.
    @param {Notice} told */
function until(told) {
  if (!told.ends || !told.until) return ''
  const ends = new Date(told.ends)
  const day = /** @type {const} */ ({ month: 'short', day: 'numeric' })
  const time = ends.toLocaleString(told.lang === 'en' ? 'en-GB' : 'zh-CN', { ...(ends.toDateString() === new Date().toDateString() ? {} : day), hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  return told.until.replace('{time}', time)
}

/** @param {Notice} told */
async function over(told) {
  const shown = await worker.registration.getNotifications({ tag: told.id })
  shown.forEach((n) => n.close())
  // Browsers want something to be shown for each push.
  await worker.registration.showNotification(told.title, { body: told.body, lang: told.lang, tag: told.id, data: told.url, silent: true })
}

worker.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(open(event.notification.data))
})

/** @param {string} url */
async function open(url) {
  const pages = await worker.clients.matchAll({ type: 'window' })
  const page = pages.find((p) => new URL(p.url).pathname === url) ?? pages[0]
  if (!page) return worker.clients.openWindow(url)
  await page.focus()
  if (new URL(page.url).pathname !== url) await page.navigate(url)
}
