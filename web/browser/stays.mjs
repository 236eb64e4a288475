// What stays while news comes in, answers fail and people look elsewhere: what somebody types,
// reads before they sign it, and where their keyboard is.
import assert from 'node:assert/strict'

const soon = { timeout: 60_000 }

/** Fills in a message about rain in Chaoyang. */
async function write(page, base, kind) {
  await page.goto(`${base}/console/delivery/compose`)
  await page.getByRole('radio', { name: kind }).first().check()
  await page.getByLabel('模板', { exact: true }).selectOption({ label: '暴雨红色预警' })
  await page.getByLabel('数量').fill('100')
  await page.getByRole('searchbox', { name: /按名称、拼音或编码/ }).fill('朝阳区')
  await page.getByRole('checkbox', { name: /^朝阳区/ }).first().check()
}

async function submit(page) {
  await page.getByRole('button', { name: '提交', exact: true }).click()
  await page.waitForURL(/\/delivery\/messages\/\w+/, soon)
  return new URL(page.url()).pathname
}

/** What is written at the desk stays while somebody looks at what calls. */
async function atTheDesk(page, base) {
  await page.goto(`${base}/console/delivery/duty?part=log`)
  await page.locator('#field-text').fill('夜里巡查正常')
  await page.locator('#tab-queue').click()
  await page.locator('#tab-log').click()
  assert.equal(await page.locator('#field-text').inputValue(), '夜里巡查正常')
}

/** What is written in a timetable stays through a reload, until it is dropped. */
async function inTheTimetable(page, base) {
  await page.goto(`${base}/console/delivery/everyday`)
  await page.locator('a[href*="/delivery/everyday/"]').first().click()
  const edit = page.getByRole('button', { name: '修改', exact: true })
  await edit.click()
  const name = page.locator('#field-name')
  const was = await name.inputValue()
  await name.fill('晨间广播（改）')
  await page.reload()
  await page.getByText('尚未保存的改动').waitFor(soon)
  assert.equal(await name.inputValue(), '晨间广播（改）')
  await page.getByRole('button', { name: '不改了', exact: true }).click()
  await page.reload()
  await edit.click()
  assert.equal(await name.inputValue(), was)
}

/** The keyboard goes on from the row that it opened, and comes back to the list from what it opened. */
async function onTheRow(page, base) {
  await page.goto(`${base}/console/monitoring/devices`)
  await page.locator('tr[data-row]').nth(8).waitFor(soon)
  await page.locator('tr[data-row]').first().focus()
  const press = async (...keys) => { for (const key of keys) await page.keyboard.press(key) }
  const here = (row) => page.waitForFunction((n) => [...document.querySelectorAll('tr[data-row]')].indexOf(document.activeElement) === n, row, { timeout: 10_000 })
  await press('ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter')
  await page.locator('.detail h2').first().waitFor(soon)
  await press('ArrowDown')
  await here(4)
  await page.locator('section.detail button.close').focus()
  await press('Escape')
  await here(4)
}

/** Who countersigns reads the same words until they are told that those were changed; and neither
    that nor an answer that fails takes away what they typed. */
async function underTheEyes(officer, leader, base) {
  await write(officer, base, /^真实发布/)
  await officer.getByText('须由另外 1 人会签后才会发出。').waitFor(soon)
  const path = await submit(officer)
  await leader.goto(base + path)
  await leader.getByRole('button', { name: '会签', exact: true }).click()
  const form = leader.locator('form.confirm')
  const word = form.getByLabel(/请输入/)
  await word.fill('红色')
  await officer.goto(base + path.replace('/messages/', '/compose/'))
  await officer.getByLabel('正文').first().fill('改过的正文，请立即转移。')
  await submit(officer)
  await form.getByText('这条消息在您阅读时被改过了').waitFor(soon)
  assert.ok(!(await form.textContent()).includes('改过的正文'), 'the words stand as they were read')
  assert.ok(await form.getByRole('button', { name: '会签', exact: true }).isDisabled(), 'what was not read is not signed')
  await form.getByRole('button', { name: '重新阅读' }).click()
  await form.getByText('改过的正文').first().waitFor(soon)

  await leader.route('**/api/alerts/**', (route) => route.abort())
  await leader.evaluate(() => dispatchEvent(new Event('visibilitychange'))) // the page reads itself again
  await leader.locator('.detail .problem[role=alert]').first().waitFor({ timeout: 90_000 })
  assert.equal(await word.inputValue(), '红色')
  await leader.unroute('**/api/alerts/**')
  await officer.evaluate(async (id) => {
    const { revision } = await (await fetch(`/api/alerts/${id}`)).json()
    await fetch(`/api/alerts/${id}`, { method: 'DELETE', headers: { 'If-Match': `"${revision}"` } })
  }, path.split('/').at(-1))
}

/** A page that was left opens no microphone, however late the browser is asked for one. */
async function noEar(page, base) {
  await write(page, base, /演练/)
  await page.evaluate(() => {
    window.tracks = []
    navigator.mediaDevices.getUserMedia = () => new Promise((done) => setTimeout(() => {
      const { stream } = new AudioContext().createMediaStreamDestination()
      window.tracks.push(...stream.getTracks())
      done(stream)
    }, 1500))
  })
  const record = page.getByRole('button', { name: '录制真人语音' }).first()
  await record.click()
  assert.ok(await record.isDisabled(), 'it is asked for once')
  await page.getByRole('link', { name: '消息', exact: true }).first().click()
  await page.waitForFunction(() => window.tracks.length === 1 && window.tracks[0].readyState === 'ended', undefined, { timeout: 10_000 })
}

/** Both are signed in. */
export async function stays({ base, officer, leader }) {
  await atTheDesk(officer, base)
  await inTheTimetable(officer, base)
  await onTheRow(officer, base)
  await underTheEyes(officer, leader, base)
  await noEar(officer, base)
}
