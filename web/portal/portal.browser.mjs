// Walks the citizens' pages as the browser test suite drives them: every page in every
// look, without and with scripts, judged by axe-core and by what people see.
//
//   import { portal } from './portal/portal.browser.mjs'
//   await portal({ base, browser, device: '…23 digits…', shots: 'folder or nothing' })
//
// It throws an Error that names every finding. The server must be running; what is in
// force may be anything, and is walked as it is found.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** How people may have set the pages: a name, the cookie, the window, the device's theme. */
const looks = [
  ['phone-zh', '', { width: 390, height: 844 }, 'light'],
  ['phone-dark', 'lang=zh', { width: 390, height: 844 }, 'dark'],
  ['phone-largest', 'size=largest', { width: 320, height: 640 }, 'light'],
  ['phone-simple', 'simple=1', { width: 390, height: 844 }, 'light'],
  ['wide-en', 'lang=en', { width: 1280, height: 900 }, 'light'],
  ['wide-en-dark', 'lang=en&theme=dark', { width: 1280, height: 900 }, 'light'],
]

/**
 * @param {{ base: string, browser: import('playwright-core').Browser, device?: string, shots?: string }} given
 * @returns {Promise<number>} how many pages were looked at
 */
export async function portal({ base, browser, device, shots }) {
  const findings = []
  let seen = 0
  const open = async (cookie, viewport, colorScheme, javaScriptEnabled = true) => {
    const context = await browser.newContext({ viewport, colorScheme, javaScriptEnabled, locale: 'zh-CN', bypassCSP: true })
    if (cookie) await context.addCookies([{ name: 'tongsheng_view', value: cookie, url: base }])
    return context
  }
  const paths = await everyPath(base, device)

  for (const [look, cookie, viewport, scheme] of looks) {
    const context = await open(cookie, viewport, scheme)
    const page = await context.newPage()
    for (const path of paths) {
      const at = `${look} ${path}`
      const errors = []
      page.removeAllListeners('pageerror')
      page.on('pageerror', (e) => errors.push(e.message))
      await page.goto(base + path)
      await page.evaluate(axe)
      const { violations } = await page.evaluate((tags) => globalThis.axe.run({ runOnly: tags }), rules)
      for (const v of violations) findings.push(`${at}: ${v.impact} ${v.id} at ${v.nodes.map((n) => n.target).join(', ')}`)
      for (const e of errors) findings.push(`${at}: script: ${e}`)
      const over = await page.evaluate(() => document.documentElement.scrollWidth - globalThis.innerWidth)
      if (over > 0) findings.push(`${at}: ${over} px wider than the window`)
      if (shots) await page.screenshot({ path: join(shots, `portal-${look}-${path.replace(/\W+/g, '_')}.png`), fullPage: true })
      seen++
    }
    await context.close()
  }

  findings.push(...(await withoutScripts(base, await open('', { width: 360, height: 640 }, 'light', false))))
  findings.push(...(await byKeyboard(base, await open('', { width: 390, height: 844 }, 'light'))))
  findings.push(...(await notices(base, await open('', { width: 390, height: 844 }, 'light'))))
  if (findings.length) throw new Error(`The portal has ${findings.length} findings:\n${findings.join('\n')}`)
  return seen
}

/** Where people ask for something, and look whether something is true. */
const asked = ['/report', '/report?for=other', '/report/repair', '/report/repair/paper', '/track', '/verify', '/verify/ABCD2345', '/notices', '/help-card']

/** The pages of every kind, and those of the messages now listed. */
async function everyPath(base, device) {
  const list = await (await fetch(`${base}/m`)).text()
  const places = await (await fetch(`${base}/place`)).text()
  const messages = [...new Set(list.match(/\/m\/[\w-]+/g) ?? [])].slice(0, 4)
  const place = places.match(/\/place\/\d{12}/)?.[0]
  const owed = [...new Set((await (await fetch(`${base}/owed`)).text()).match(/\/owed\/s\/\w+(\/changes)?/g) ?? [])].slice(0, 3)
  const links = (await (await fetch(`${base}/figures`)).text()).match(/\/figures\/[dis]\/[\w.]+(\/\d{12})?/g) ?? []
  const figures = ['/figures', ...['/figures/d/', '/figures/s/'].flatMap((kind) => links.filter((x) => x.startsWith(kind)).slice(0, 1)), ...['repair_in_time', 'obj.cover', 'device_online'].map((code) => `/figures/i/${code}/110105000000`), '/figures/i/obj.works']
  return ['/', '/m', ...messages, '/place', ...(place ? [place] : []), ...(device ? [`/d/${device}`] : []), '/owed', '/owed/for/hearing', ...owed, ...figures, ...asked, '/settings', '/about', '/none']
}

/** Choosing how to read, and where one lives, with forms and links alone. */
async function withoutScripts(base, context) {
  const findings = []
  const page = await context.newPage()
  const expect = (ok, what) => ok || findings.push(`without scripts: ${what}`)
  await page.goto(base)
  expect(await page.locator('h1').isVisible(), 'the first page has no heading')
  expect((await page.locator('.speak:visible').count()) === 0, 'a button that needs a script is offered')
  await page.locator('.quick button[name=size]').click()
  expect((await page.locator('html').getAttribute('data-size')) === 'large', 'large type is not kept')
  await page.locator('.quick button[name=lang]').click()
  expect((await page.locator('html').getAttribute('lang')) === 'en', 'English is not kept')
  await page.goto(`${base}/place`)
  await page.locator('.places a').first().click()
  await page.locator('.remember button').click()
  expect(new URL(page.url()).pathname === '/' && (await page.locator('.mine').isVisible()), 'the chosen place is not kept')
  await context.close()
  return findings
}

/** The first Tab leads past the head, and focus can always be seen. */
async function byKeyboard(base, context) {
  const findings = []
  const page = await context.newPage()
  await page.goto(base)
  await page.keyboard.press('Tab')
  const box = await page.locator('.skip').boundingBox()
  if (!box || box.x < 0) findings.push('by keyboard: the first Tab does not show the way past the head')
  await page.keyboard.press('Enter')
  if (!(await page.evaluate(() => document.activeElement?.id === 'main'))) findings.push('by keyboard: the way past the head does not lead to the content')
  await context.close()
  return findings
}

/** What the worker shows of what it is pushed: until when it holds, as the phone tells time, and
    with the date where that is not today; what is called off holds no longer. */
async function notices(base, context) {
  const findings = []
  await context.grantPermissions(['notifications'], { origin: base })
  const page = await context.newPage()
  await page.goto(base)
  const devtools = await context.newCDPSession(page)
  const registered = new Promise((resolve) => devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => registrations[0] && resolve(registrations[0].registrationId)))
  await devtools.send('ServiceWorker.enable')
  await page.evaluate(() => navigator.serviceWorker.register('/push.js').then(() => navigator.serviceWorker.ready).then(() => true))
  const registrationId = await registered
  const [today, later] = [new Date(), new Date(Date.now() + 40 * 86_400_000)]
  today.setHours(23, 59, 0, 0)
  later.setHours(8, 5, 0, 0)
  const [month, day] = [later.getMonth() + 1, later.getDate()]
  const english = later.toLocaleString('en-GB', { month: 'short' })
  for (const [told, want] of [
    [{ lang: 'zh', ends: today.getTime(), until: '至 {time}', body: '雨。' }, '至 23:59 · 雨。'],
    [{ lang: 'en', ends: today.getTime(), until: 'Until {time}', body: '' }, 'Until 23:59'],
    [{ lang: 'zh', ends: later.getTime(), until: '至 {time}', body: '雨。' }, `至 ${month}月${day}日 08:05 · 雨。`],
    [{ lang: 'en', ends: later.getTime(), until: 'Until {time}', body: 'Rain.' }, `Until ${day} ${english}, 08:05 · Rain.`],
    [{ lang: 'zh', over: true, body: '' }, ''],
  ]) {
    const notice = { id: 'one', title: '暴雨', severity: 'red', over: false, url: '/m/one', ...told }
    await devtools.send('ServiceWorker.deliverPushMessage', { origin: base, registrationId, data: JSON.stringify(notice) })
    const shown = async () => page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).map((n) => n.body).join('; '))
    for (let tries = 0; tries < 50 && (await shown()) !== want; tries++) await page.waitForTimeout(100)
    if ((await shown()) !== want) findings.push(`a notice reads “${await shown()}”, not “${want}”`)
  }
  await context.close()
  return findings
}
