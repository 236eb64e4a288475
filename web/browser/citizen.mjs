// A citizen on a phone reports a silent loudspeaker with a photograph, follows the case and writes
// to those who work on it, with scripts and without; every page is judged by axe-core. Where staff
// can be signed in, the walk goes on until the citizen confirms the repair.
import assert from 'node:assert/strict'

const phone = { viewport: { width: 360, height: 720 }, locale: 'zh-CN', bypassCSP: true }
const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

const main = (page) => page.locator('main button.main').first()
const next = (page) => main(page).click()

/** Answers each question in turn; seen is called with each page. Gives the number and the code. */
async function fillIn(page, base, seen) {
  await page.goto(`${base}/report?q=${encodeURIComponent('大喇叭不响了')}`)
  await seen('report')
  await page.locator('a[href="/report/repair"]').click()
  await seen('start')
  await next(page)
  await next(page) // nothing was chosen
  assert.equal(await page.locator('.faults a').innerText(), '请选一项')
  await seen('wrong')
  await page.locator('input[value=speaker]').check()
  await next(page)
  await page.locator('textarea').fill('村口的喇叭从昨天起不响')
  await seen('what')
  await next(page)
  await page.locator('input[value=no]').check()
  await next(page)
  await next(page) // how many households: left out
  await page.locator('[name=where]').fill('建外')
  await page.locator('button[value=find]').click()
  await seen('place')
  await page.locator('input[name=r]').first().check()
  await page.locator('textarea').fill('村委会门口')
  await next(page)
  await page.locator('input[type=file]').setInputFiles({ name: '喇叭.png', mimeType: 'image/png', buffer: pixel })
  await next(page)
  await page.goBack()
  assert.equal(await page.locator('.files li').count(), 1, 'the photograph is kept')
  await seen('photographs')
  await page.goForward()
  await next(page)
  await page.locator('input[type=tel]').fill('13800000000')
  await next(page)
  assert.match(await page.locator('.check').innerText(), /村口的喇叭从昨天起不响[^]*13800000000/)
  await seen('check')
  await next(page)
  await seen('sent')
  const [number, code] = (await page.locator('.keep dd').allInnerTexts()).map((t) => t.replaceAll(' ', ''))
  assert.ok(!page.url().includes(code), 'the code stands in the address')
  return { number, code }
}

/** Opens a case by its link where scripts run, else by hand. */
async function follow(page, base, { number, code }, scripts) {
  if (scripts) {
    const asked = []
    page.on('request', (r) => asked.push(r.url()))
    await page.goto(`${base}/track/${number}#${code}`)
    await page.waitForURL(`${base}/track/case`)
    assert.ok(!asked.some((url) => url.split('#')[0].includes(code)), 'the code was sent in an address')
    return
  }
  await page.goto(`${base}/track`)
  await page.locator('#number').fill(number.toLowerCase())
  await page.locator('#code').fill(`${code.slice(0, 4)} ${code.slice(4).toLowerCase()}`)
  await next(page)
}

/** The walk; repaired does what staff do to the case of a number, if it is given. Gives how long one report took, ms. */
export async function reports({ base, browser, findings, repaired }) {
  let took = 0
  for (const scripts of [true, false]) {
    const context = await browser.newContext({ ...phone, javaScriptEnabled: scripts })
    const page = await context.newPage()
    if (scripts) findings.watch(page, 'citizen with a case')
    const seen = async (name) => { if (scripts) await findings.at(page, `citizen-${name}`) }
    const begun = Date.now()
    const receipt = await fillIn(page, base, seen)
    await follow(page, base, receipt, scripts)
    took = Date.now() - begun
    assert.match(await page.locator('h1').innerText(), /^现在：/)
    await seen('case')
    await page.locator('a[href="/track/case/say"]').click()
    await page.locator('textarea').fill('下午在家')
    await next(page)
    assert.match(await page.locator('main').innerText(), /下午在家/)
    if (repaired) {
      await repaired(receipt.number)
      await page.goto(`${base}/track/case`)
      await page.locator('.may a').first().click()
      await page.locator('input[value=yes]').check()
      await next(page)
      await page.locator('input[value="5"]').check()
      await next(page)
      await seen('confirm')
      await next(page)
      assert.match(await page.locator('h1').innerText(), /已修好/)
    }
    await page.locator('form[action="/track/close"] button').click()
    await page.goto(`${base}/track/case`)
    assert.equal(new URL(page.url()).pathname, '/track', 'the case stays open on a device that was cleared')
    await context.close()
  }
  assert.ok(took < 30_000, `a report took ${took} ms`)
  return took
}
