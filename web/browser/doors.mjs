// The screen and the television as people set them up and see them: a real node, real messages
// through both officers' sessions, the network cut in the middle.
import assert from 'node:assert/strict'

/** Asks the node as somebody who is signed in at a page of the console. */
export async function ask(page, method, path, body, match) {
  const got = await page.evaluate(async ({ method, path, body, match }) => {
    const headers = { 'Content-Type': 'application/json', ...(match ? { 'If-Match': match } : {}) }
    const r = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) })
    const text = await r.text()
    return { status: r.status, body: text ? JSON.parse(text) : undefined }
  }, { method, path, body, match })
  if (got.status >= 300) throw new Error(`${method} ${path}: ${got.status} ${JSON.stringify(got.body)}`)
  return got.body
}

export const place = '110105001000' // Jianguomenwai, where the screen stands

/** Writes a message and has it issued by two people; gives its id and when the second signed. */
export async function issue({ officer, leader }, message) {
  const drafted = await ask(officer, 'POST', '/api/alerts', {
    kind: 'real', class: 'emergency', event: '10203', severity: 'red', area: { regions: [place] },
    endsAt: new Date(Date.now() + 3_600_000).toISOString(), repeat: { count: 1, intervalSeconds: 0 },
    texts: [{ lang: 'zh', title: '暴雨红色预警', body: '预计三小时内降雨一百毫米以上。', advice: '请留在高处，远离河道。' }], ...message,
  })
  const checked = await ask(officer, 'POST', `/api/alerts/${drafted.id}/check`, { textOnly: message.textOnly ?? true, force: 'browser test' })
  const signed = Date.now()
  if (checked.state === 'checked') await ask(leader, 'POST', `/api/alerts/${drafted.id}/countersign`, { digest: checked.open.digest })
  return { id: drafted.id, signed }
}

const until = async (what, check, seconds = 20) => {
  for (let tries = 0; tries < seconds * 10; tries++) {
    const found = await check()
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${what}: not within ${seconds} s`)
}

/** The receipts of a terminal, oldest first, as "phase" or "phase reason". */
async function receipts(page, id, code) {
  const { items } = await ask(page, 'GET', `/api/alerts/${id}/deliveries/${code}/receipts`)
  return items.map((r) => [r.phase, r.reason].filter(Boolean).join(' ')).reverse()
}

export const cancel = (page, id) => ask(page, 'POST', `/api/alerts/${id}/cancel`, { reason: '降雨结束' })

const standing = (page) => page.locator('.takeover h1').textContent({ timeout: 10_000 })
const gone = (page) => page.locator('.takeover').waitFor({ state: 'hidden', timeout: 30_000 })

/** Cuts a page's network, an open WebSocket included, which offline emulation leaves alone. */
async function network(page) {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Network.enable')
  return {
    cut: async () => {
      await page.context().setOffline(true)
      await page.evaluate(() => globalThis.cutLine?.())
      await devtools.send('Network.emulateNetworkConditions', { offline: true, latency: 0, downloadThroughput: 0, uploadThroughput: 0 })
    },
    restore: async () => {
      await devtools.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 })
      await page.context().setOffline(false)
    },
  }
}

/** Keeps the page's sockets at hand, so that a test can cut them as a network does. */
const holdSockets = () => {
  const all = new Set()
  globalThis.WebSocket = class extends WebSocket {
    constructor(...a) {
      super(...a)
      all.add(this)
    }
  }
  globalThis.cutLine = () => all.forEach((s) => s.close())
}

/** Has the picture drift as far as it ever does. */
const driftFar = () => {
  const far = new CSSStyleSheet()
  far.replaceSync('.takeover { --dx: 8px !important; --dy: 6px !important }')
  document.adoptedStyleSheets.push(far)
}

/** Whether nothing bright shows in a part of the page. */
async function dark(page, clip) {
  const png = (await page.screenshot({ clip })).toString('base64')
  return page.evaluate(async (text) => {
    const picture = await createImageBitmap(new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))]))
    const canvas = new OffscreenCanvas(picture.width, picture.height).getContext('2d')
    canvas.drawImage(picture, 0, 0)
    return canvas.getImageData(0, 0, picture.width, picture.height).data.every((v, i) => i % 4 === 3 || v < 128)
  }, png)
}

/** Notes what a page complains of, but for the network that the test cuts. */
function watch(page, who, findings) {
  page.on('pageerror', (e) => findings.list.push(`${who}: script: ${e.message}`))
  page.on('console', (m) => { if (m.type() === 'error' && !/net::ERR_|WebSocket connection/.test(m.text())) findings.list.push(`${who}: console: ${m.text()}`) })
}

/** Registers a screen and pairs it with the page that shows a word. */
async function pair(page, officer, base) {
  const screen = await ask(officer, 'POST', '/api/assets', {
    kind: 'screen', name: '站前广场大屏', regionCode: place, microphone: false, position: { lon: 116.4396, lat: 39.9087 } })
  await page.goto(`${base}/screen/`)
  const word = (await page.locator('.waiting .word').textContent({ timeout: 15_000 })).replaceAll(' ', '')
  assert.match(word, /^[A-Z2-7]{8}$/, 'the screen shows a word')
  assert.ok(await page.locator('.waiting .qr').evaluate((img) => img.complete && img.naturalWidth > 0), 'and the picture of a link')
  const asking = await ask(officer, 'GET', `/api/pairings/${word.toLowerCase()}`)
  assert.match(asking.model, /Chrome/)
  await ask(officer, 'POST', `/api/assets/${screen.id}/pair`, { word })
  await page.locator('.idle time').waitFor({ timeout: 15_000 })
  await until('the screen is heard', async () => (await ask(officer, 'GET', `/api/assets/${screen.id}`)).condition.presence === 'online')
  return screen
}

/** The screen, from its first start to a cancellation that it heard of late. */
export async function screen({ base, browser, officer, leader, findings, shots }) {
  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 }, locale: 'zh-CN' })
  await context.addInitScript(holdSockets)
  const page = await context.newPage()
  watch(page, 'screen', findings)
  const shot = async (name) => { if (shots) await page.screenshot({ path: `${shots}/screen-${name}.png` }) }
  const device = await pair(page, officer, base)
  await shot('idle')
  await page.waitForFunction(() => navigator.serviceWorker.ready.then(() => caches.match('/screen/')).then(Boolean), undefined, { timeout: 10_000 })
  const line = await network(page)

  // A message takes over at once, with all that it must say, wherever the picture has drifted to.
  await page.evaluate(driftFar)
  const seen = page.evaluate(() => new Promise((resolve) => {
    const look = () => (document.querySelector('.takeover h1') ? requestAnimationFrame(() => resolve(Date.now())) : requestAnimationFrame(look))
    look()
  }))
  const storm = await issue({ officer, leader }, { repeat: { count: 3, intervalSeconds: 60 } })
  const took = (await seen) - storm.signed
  assert.equal(await standing(page), '暴雨红色预警')
  const words = await page.locator('.takeover').innerText()
  for (const word of ['红色预警', '朝阳区建外街道', '请留在高处', '北京市应急广播平台', '发布', '前有效']) await until(word, async () => (await page.locator('.takeover').innerText()).includes(word), 5) // a name may come a moment later
  assert.ok(words.includes('预计三小时内降雨一百毫米以上。'))
  assert.equal(await page.locator('.takeover .count').count(), 0, 'a short text stands on one page')
  await until('the screen says that it shows', async () => (await receipts(officer, storm.id, device.code)).includes('playing'))
  await findings.at(page, 'screen-red')

  // Cut off and started anew, it stands there again before there is any network.
  await line.cut()
  await page.reload()
  assert.equal(await standing(page), '暴雨红色预警')
  await shot('offline')

  // Called off meanwhile; it hears of it when the network is back, and the receipts follow.
  await cancel(officer, storm.id)
  assert.equal(await standing(page), '暴雨红色预警')
  await line.restore()
  await gone(page)
  const told = await until('the receipts after the cut', async () => {
    const list = await receipts(officer, storm.id, device.code)
    return list.includes('cancelled by_cancel') && list
  })
  for (const phase of ['received', 'playing', 'interrupted power_lost', 'resumed']) assert.ok(told.includes(phase), `${phase} in ${told}`)

  // Higher goes before lower, which waits and resumes; a long text stands by pages.
  const long = '请注意防范。'.repeat(300)
  const yellow = await issue({ officer, leader }, { severity: 'yellow', texts: [{ lang: 'zh', title: '大风黄色预警', body: long }, { lang: 'en', title: 'Gale: yellow warning', body: 'Stay away from scaffolding and billboards. '.repeat(40) }] })
  await until('the yellow message', async () => (await standing(page).catch(() => '')) === '大风黄色预警')
  const red = await issue({ officer, leader }, {})
  await until('the red message', async () => (await standing(page)) === '暴雨红色预警')
  await until('the yellow one is interrupted', async () => (await receipts(officer, yellow.id, device.code)).includes('interrupted higher_rank'))
  await cancel(officer, red.id)
  await until('the yellow message again', async () => (await standing(page)) === '大风黄色预警')
  await until('the yellow one resumes', async () => (await receipts(officer, yellow.id, device.code)).includes('resumed'))
  await findings.at(page, 'screen-yellow')
  const widest = await page.evaluate(longestLine)
  assert.ok(widest > 10 && widest <= 40, `a line of ${widest} characters`)
  await cancel(officer, yellow.id)
  await gone(page)

  const drill = await issue({ officer, leader }, { kind: 'terminal_drill', severity: 'orange', texts: [{ lang: 'zh', title: '应急疏散演练通知', body: '今天下午六点三十分，建外街道将进行应急疏散演练，约五分钟。', advice: '请参加演练的居民听到广播后按指示到集合点，其他人保持正常生活秩序，不要惊慌。' }] })
  await until('the drill', async () => (await standing(page).catch(() => '')).includes('疏散'))
  // This text has the room it needs only under a smaller title.
  assert.ok(await page.locator('.takeover .body').evaluate((box) => box.firstElementChild.offsetHeight <= box.clientHeight + 1), 'nothing of a text is cut off')
  assert.equal(await page.locator('.takeover .hatch').count(), 2, 'a drill is hatched')
  await page.evaluate(driftFar)
  const above = () => page.locator('.takeover footer').evaluate((f) => ({ x: innerWidth / 4, y: f.getBoundingClientRect().top - 8, width: innerWidth / 2, height: 7 }))
  await until('no hatching shows inside of the drill', async () => dark(page, await above()).catch(() => false), 5) // it may just be drawn anew
  await findings.at(page, 'screen-drill')
  await cancel(officer, drill.id)
  await gone(page)

  // Cut off, a message ends by itself.
  const brief = await issue({ officer, leader }, { endsAt: new Date(Date.now() + 66_000).toISOString() })
  await until('the brief message', async () => (await standing(page).catch(() => '')) === '暴雨红色预警')
  await line.cut()
  await page.clock.install()
  await page.clock.fastForward(70_000) // the rest of its minute goes by in the page's clock alone
  await gone(page)
  await line.restore()
  await until('its end is told', async () => (await receipts(officer, brief.id, device.code)).includes('played'), 40)
  await context.close()
  return { took }
}

/** A television: set up with the remote control, a crawl, a full screen, the network cut. */
export async function tv({ base, browser, officer, leader, findings, shots }) {
  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 }, locale: 'zh-CN' })
  const page = await context.newPage()
  watch(page, 'tv', findings)
  const shot = async (name) => { if (shots) await page.screenshot({ path: `${shots}/tv-${name}.png` }) }
  const press = async (...keys) => { for (const k of keys) await page.keyboard.press(k) }
  const focused = () => page.locator('.row.focused').innerText()
  const heading = (word) => page.locator('.page h1', { hasText: word }).waitFor({ timeout: 15_000 })

  await page.goto(`${base}/tv/`)
  await heading('您住在哪个区')
  assert.match(await page.locator('.more.below').innerText(), /还有 \d+ 个/, 'districts are counted as such')
  const [end, foot] = await Promise.all(['.list', '.setup footer'].map((at) => page.locator(at).boundingBox()))
  assert.ok(foot.y - end.y - end.height < 60, 'five rows fill the picture')
  for (let i = 0; !(await focused()).startsWith('朝阳区'); i++) {
    assert.ok(i < 20, 'the district is found')
    await press('ArrowDown')
    assert.ok((await page.locator('.row').count()) <= 5, 'five rows at most')
  }
  await findings.at(page, 'tv-district')
  await press('Enter')
  await heading('哪个街道')
  await press('Escape') // Back goes one step
  await heading('您住在哪个区')
  assert.match(await focused(), /朝阳区/, 'and the focus is where it was')
  await press('Enter')
  await heading('哪个街道')
  for (let i = 0; !(await focused()).startsWith('建外街道'); i++) {
    assert.ok(i < 60, 'the township is found')
    await press('ArrowDown')
  }
  await press('Enter')
  await heading('字号和语言')
  assert.match(await focused(), /完成/)
  await press('Enter')
  await heading('朝阳区建外街道')
  await page.locator('.none').waitFor()
  await findings.at(page, 'tv-home')
  await page.waitForFunction(() => navigator.serviceWorker.ready.then(() => caches.match('/tv/')).then(Boolean), undefined, { timeout: 10_000 })

  // Yellow crawls along the foot, and Back puts it away.
  const yellow = await issue({ officer, leader }, { severity: 'yellow', texts: [{ lang: 'zh', title: '大风黄色预警', body: '请远离广告牌。' }] })
  await page.locator('.crawl:not([hidden]) p', { hasText: '请远离广告牌' }).waitFor({ timeout: 10_000 })
  assert.equal(await page.locator('.takeover').isVisible(), false)
  await until('the crawl is on its way', async () => page.locator('.crawl p').evaluate((p) => p.getBoundingClientRect().left < innerWidth * 0.6))
  await findings.at(page, 'tv-crawl')
  await press('Escape')
  await page.locator('.crawl').waitFor({ state: 'hidden' })
  assert.match(await page.locator('.row.yellow').innerText(), /大风黄色预警/)

  // Red takes everything, and cannot be put away before it was read.
  const seen = page.evaluate(() => new Promise((resolve) => {
    const look = () => (document.querySelector('.takeover h1') ? requestAnimationFrame(() => resolve(Date.now())) : requestAnimationFrame(look))
    look()
  }))
  const red = await issue({ officer, leader }, { texts: [{ lang: 'zh', title: '暴雨红色预警', body: '请注意防范。'.repeat(100) }] })
  const took = (await seen) - red.signed
  await press('Escape', 'Enter')
  assert.equal(await standing(page), '暴雨红色预警')
  assert.equal(await page.locator('.takeover footer span', { hasText: /^\d \/ \d$/ }).evaluate((e) => getComputedStyle(e).position), 'static', 'the count of pages stands in the line of the foot')
  await findings.at(page, 'tv-red')

  // Cut off and started anew it stands there, and is put away with OK; a badge stays.
  const line = await network(page)
  await line.cut()
  await page.reload()
  assert.equal(await standing(page), '暴雨红色预警')
  await page.locator('.takeover .note', { hasText: '我知道了' }).waitFor({ timeout: 15_000 })
  await press('Enter')
  await gone(page)
  await page.locator('.badge', { hasText: '红色预警' }).waitFor()
  await shot('badge')
  await press('ArrowUp', 'ArrowUp', 'ArrowUp', 'Enter') // it can be read again
  assert.equal(await standing(page), '暴雨红色预警')
  await press('Escape')
  await gone(page)
  await line.restore()
  await cancel(officer, red.id)
  await page.locator('.badge').waitFor({ state: 'hidden', timeout: 60_000 })
  await cancel(officer, yellow.id)
  await page.locator('.none').waitFor({ timeout: 15_000 })
  const figures = await until('both are counted', async () => {
    const f = await ask(officer, 'GET', `/api/alerts/${red.id}/tv`)
    return f.full === 1 && f.ended === 1 && f
  })
  assert.deepEqual([figures.connected, figures.crawl, figures.townships[0].code, figures.curve.at(-1).shown], [1, 0, place, 1])
  assert.equal((await ask(officer, 'GET', `/api/alerts/${yellow.id}/tv`)).crawl, 1)
  await context.close()
  return { took }
}

/** The most characters that stand on one line of the message. */
const longestLine = () => {
  const node = document.querySelector('.takeover .body p').firstChild
  const lines = new Map()
  for (let i = 0; i < node.length; i++) {
    const range = document.createRange()
    range.setStart(node, i)
    range.setEnd(node, i + 1)
    const top = Math.round(range.getBoundingClientRect().top)
    lines.set(top, (lines.get(top) ?? 0) + 1)
  }
  return Math.max(...lines.values())
}
