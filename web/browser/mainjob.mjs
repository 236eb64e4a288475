// The main job, as its users do it: an officer writes a message from a template and submits
// it, a leader countersigns, terminals play and report, the message is updated, cancelled
// and reported on. Words are those of the Chinese pages.
import assert from 'node:assert/strict'
import { codeOf } from './node.mjs'

const soon = { timeout: 60_000 }

/** Waits until the message beside the list is in a state. */
const stands = (page, word) => page.locator('.detail .state', { hasText: word }).waitFor(soon)

const spent = new Map() // by secret: a code is good once, and the next comes within half a minute

/** Signs somebody in with both factors. */
export async function signIn(page, node, name) {
  await page.goto(`${node.base}/console/`)
  await enter(page, node, name)
  await page.locator('nav.rail').waitFor(soon)
}

/** Gives both factors to the page that asks for them. */
export async function enter(page, node, name) {
  const { password, secret } = node.accounts[name]
  await page.getByLabel('用户名').fill(name)
  await page.getByLabel('密码').fill(password)
  await page.getByRole('button', { name: '下一步' }).click()
  let code = codeOf(secret)
  for (; code === spent.get(secret); code = codeOf(secret)) await page.waitForTimeout(1000)
  spent.set(secret, code)
  await page.getByLabel('六位动态口令').fill(code)
  await page.getByRole('button', { name: '完成登录' }).click()
}

const online = (page) => page.waitForFunction(
  () => Number(document.querySelector('.online b')?.textContent?.replaceAll(',', '') ?? 0) > 20, undefined, soon)

/** Writes, hears and submits a message; gives its address. */
async function compose(page, node, findings) {
  await page.getByRole('link', { name: '编写消息', exact: true }).click()
  await page.getByRole('radio', { name: /^真实发布/ }).check() // a person says so; nothing is assumed
  await page.getByLabel('模板', { exact: true }).selectOption({ label: '暴雨红色预警' })
  await page.getByLabel('数量').fill('100')
  await page.getByRole('searchbox', { name: /按名称、拼音或编码/ }).fill('朝阳区')
  await page.getByRole('checkbox', { name: /^朝阳区/ }).first().check()
  await page.getByText('须由另外 1 人会签后才会发出。').waitFor(soon)
  await page.getByRole('button', { name: '保存并试听' }).click()
  await page.getByLabel('中文语音').waitFor(soon)
  const terminals = Number.parseInt((await page.locator('.reach dd').nth(1).textContent()).replaceAll(',', ''), 10)
  assert.ok(terminals > 0, 'the preview counts terminals')
  await findings.at(page, 'compose')
  await page.getByRole('button', { name: '提交', exact: true }).click()
  await page.waitForURL(/\/delivery\/messages\/\w+/, soon)
  await stands(page, '待会签')
  await findings.at(page, 'message-checked')
  assert.equal(await page.getByRole('button', { name: '会签', exact: true }).count(), 0, 'nobody countersigns their own message')
  return { path: new URL(page.url()).pathname, terminals }
}

/** Reads what goes out, types the word, countersigns. */
async function countersign(page, node, path, word, act = '会签') {
  await page.goto(node.base + path)
  await page.getByRole('button', { name: act, exact: true }).click()
  const form = page.locator('form.confirm')
  await form.getByText(/^您会签后/).waitFor(soon)
  const button = form.getByRole('button', { name: act, exact: true })
  assert.ok(await button.isDisabled(), 'the word must be typed first')
  await form.getByLabel(/请输入/).fill(word)
  await button.click()
}

const figure = async (page, label) =>
  Number((await page.locator('.figures div', { has: page.locator('dt', { hasText: new RegExp(`^${label}$`) }) }).first().locator('dd').textContent()).trim().split(/\s/)[0].replaceAll(',', ''))

/** Waits until every terminal claims to sound the message. */
async function spread(page, terminals) {
  await page.waitForFunction((count) => {
    const all = [...document.querySelectorAll('.figures div')]
    const claimed = all.find((d) => d.querySelector('dt')?.textContent === '自报已播')
    return Number(claimed?.querySelector('dd')?.textContent?.trim().split(/\s/)[0].replaceAll(',', '') ?? 0) >= count
  }, terminals, { timeout: 120_000 })
}

async function report(page, format) {
  const [download] = await Promise.all([page.waitForEvent('download', soon), page.getByRole('link', { name: `报告 ${format}` }).click()])
  const chunks = []
  for await (const chunk of await download.createReadStream()) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  assert.equal(bytes.subarray(0, 2).toString('latin1'), format === 'PDF' ? '%P' : 'PK', `the ${format} report is one`)
  assert.ok(bytes.length > 4000, `the ${format} report has content`)
}

/** The whole job, two people at two browsers. */
export async function mainJob({ node, officer, leader, findings }) {
  await officer.goto(`${node.base}/console/`)
  await officer.getByLabel('用户名').waitFor(soon)
  await findings.at(officer, 'sign-in')
  await signIn(officer, node, 'officer')
  await online(officer)
  await findings.at(officer, 'home')

  const { path, terminals } = await compose(officer, node, findings)
  await signIn(leader, node, 'leader')
  await countersign(leader, node, path, '红色')
  await stands(leader, '播出中')
  await findings.at(leader, 'message-on-air')

  await officer.goto(node.base + path)
  await spread(officer, Math.ceil(terminals * 0.9))
  await findings.at(officer, 'message-progress')
  assert.ok((await figure(officer, '目标终端')) >= terminals, 'all terminals of the preview are targets')
  await officer.getByRole('tab', { name: '审计记录' }).click()
  await officer.getByRole('cell', { name: '会签' }).first().waitFor(soon)
  await findings.at(officer, 'message-trail')

  await officer.getByRole('button', { name: '更新', exact: true }).click()
  await officer.waitForURL(/\/delivery\/compose\/\w+/, soon)
  await officer.getByLabel('正文').first().fill('朝阳区强降雨预计持续到今晚八点。')
  await officer.getByRole('button', { name: '提交', exact: true }).click()
  await officer.waitForURL(/\/delivery\/messages\/\w+/, soon)
  await countersign(leader, node, path, '红色', '会签更新')
  await leader.getByRole('tab', { name: '内容' }).click()
  await leader.getByText('朝阳区强降雨预计持续到今晚八点。').first().waitFor(soon)

  await officer.goto(node.base + path)
  await officer.getByRole('button', { name: '解除', exact: true }).click()
  await officer.getByLabel('理由').fill('降雨结束')
  await officer.getByLabel(/请输入/).fill('解除')
  await officer.locator('form.confirm').getByRole('button', { name: '解除', exact: true }).click()
  await stands(officer, '已解除')
  await findings.at(officer, 'message-cancelled')
  await report(officer, 'PDF')
  await report(officer, 'XLSX')
  return path
}
