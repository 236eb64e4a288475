// A case from the telephone to the end: an operator opens it while the caller speaks, a dispatcher
// gives it to a technician, who repairs, and the operator confirms; and a designer plays and
// simulates the type, and is told what is wrong with a text.
import assert from 'node:assert/strict'
import { signIn } from './mainjob.mjs'

/** Does a step of the case that is open, filling in its form first. */
async function step(page, name, fill = async () => {}) {
  await page.locator('.now .acts').getByRole('button', { name, exact: true }).click()
  const form = page.getByRole('region', { name, exact: true })
  await fill(form)
  await form.locator('button[type=submit]').click()
  await page.getByRole('status').filter({ hasText: `“${name}”已办` }).waitFor()
}

/** Takes a call; gives the number of the case. */
async function call(page, base, findings) {
  await page.goto(`${base}/console/response/call`)
  await page.getByLabel('来电号码').fill('010-5550-2468')
  await page.getByLabel('怎么称呼').fill('高大爷')
  await page.getByLabel('来电人怎么说').fill('走查的大喇叭从昨天起不响')
  await page.getByRole('button', { name: '设备维修', pressed: true }).waitFor() // chosen by what was said
  const place = page.getByRole('combobox', { name: '在哪里' })
  await place.fill('八达岭镇')
  await page.getByRole('option').first().waitFor()
  await place.press('Enter')
  await page.getByLabel('大喇叭、音柱').check()
  await findings.at(page, 'case-call')
  await page.keyboard.press('Control+Enter')
  await page.getByText('您说：走查的大喇叭从昨天起不响').or(page.getByText('高大爷，您说')).waitFor()
  await findings.at(page, 'case-read-back')
  await page.keyboard.press('Control+Enter')
  await page.getByText('请告诉来电人编号').waitFor()
  const number = await page.locator('.told strong.mono').innerText()
  await findings.at(page, 'case-number')
  return number
}

/** Finds the case by its number and opens it. */
async function find(page, base, number, tab = 'all') {
  await page.goto(`${base}/console/response/cases?tab=${tab}&q=${number}`)
  await page.getByRole('row').filter({ hasText: number }).click()
  await page.locator('.case .title').waitFor()
}

/** Walks it; officers are pages of signed-out browsers. */
export async function cases({ node, operator, dispatcher, technician, designer, findings }) {
  const { base } = node
  for (const [page, name] of [[operator, 'operator'], [dispatcher, 'dispatcher'], [technician, 'technician'], [designer, 'designer']]) await signIn(page, node, name)
  const number = await call(operator, base, findings)

  await dispatcher.goto(`${base}/console/response/cases`)
  await dispatcher.getByRole('row').filter({ hasText: number }).waitFor()
  await findings.at(dispatcher, 'cases')
  await dispatcher.getByRole('row').filter({ hasText: number }).click()
  await step(dispatcher, '派单', async (form) => {
    await form.locator('button[type=submit]').click()
    await form.getByText('这一项要填').first().waitFor() // what the server wants stands at its field
    await form.getByLabel('一般（3 个工作日内到场）').check()
    await form.getByLabel('派给').selectOption({ label: '李师傅（样例）' })
    await findings.at(dispatcher, 'case-step')
  })
  await dispatcher.getByRole('button', { name: '撤回上一步' }).click()
  await dispatcher.locator('.state').getByText('待分派').waitFor()
  await dispatcher.getByText('已撤回', { exact: true }).waitFor() // struck through in what happened
  await step(dispatcher, '派单', async (form) => {
    await form.getByLabel('加急（24 小时内到场）').check()
    await form.getByLabel('派给').selectOption({ label: '李师傅（样例）' })
  })
  await dispatcher.getByLabel('留言').fill('请先给来电人回电。')
  await dispatcher.getByRole('button', { name: '发送' }).click()
  await dispatcher.locator('.entries').getByText('请先给来电人回电。').waitFor()

  await find(technician, base, number, 'waiting')
  await step(technician, '到场')
  await step(technician, '修复', async (form) => {
    await form.getByLabel('供电').check()
    await form.getByLabel('做了什么').fill('更换电源适配器，试播正常。')
    await form.getByRole('button', { name: '加一项' }).click()
    await form.getByLabel('备件编号').fill('PS-12V5A')
    await form.getByLabel('数量').fill('1')
  })
  await technician.locator('.now').getByText('现在没有需要您办的步骤').waitFor()

  await find(operator, base, number)
  await step(operator, '确认修好', async (form) => {
    await form.getByLabel('好了', { exact: true }).check()
    await form.getByLabel('非常满意').check()
  })
  await operator.locator('.state').getByText('已修好').waitFor()
  await operator.getByRole('button', { name: '验证记录未被改动' }).click()
  await operator.getByText(/首尾相连，未被改动/).waitFor()
  await operator.getByText('PS-12V5A').first().waitFor()
  await findings.at(operator, 'case-closed')

  // Several at once: what one could not do to each is said of each.
  await dispatcher.goto(`${base}/console/response/cases?type=repair&state=received`)
  await dispatcher.locator('tr[data-row]').nth(1).waitFor()
  for (const i of [0, 1]) await dispatcher.locator('tr[data-row] input[type=checkbox]').nth(i).check()
  await dispatcher.getByRole('button', { name: '一起办…' }).click()
  await dispatcher.getByRole('group', { name: '现在可以办' }).getByRole('button', { name: '派单' }).click()
  await dispatcher.getByLabel('一般（3 个工作日内到场）').check()
  await dispatcher.getByLabel('派给').selectOption({ label: '陈师傅（样例）' })
  await findings.at(dispatcher, 'case-bulk')
  await dispatcher.getByRole('button', { name: /对 2 件/ }).click()
  await dispatcher.getByText('2 件中办成 2 件').waitFor()

  await designer.goto(`${base}/console/response/designs/repair`)
  await designer.getByText('没有问题。').waitFor()
  await designer.getByRole('img', { name: /设备维修/ }).waitFor()
  await findings.at(designer, 'case-design')
  await designer.getByRole('button', { name: '试走' }).click()
  await designer.getByRole('button', { name: '报修', exact: true }).click()
  await designer.locator('.fill').getByRole('button', { name: '报修' }).click()
  await designer.locator('.play').getByText('待分派').first().waitFor()
  await designer.getByRole('button', { name: /^等到时钟响/ }).click()
  await designer.locator('.log').getByText('“派单时限”已超时').waitFor()
  await findings.at(designer, 'case-play')
  await designer.getByRole('button', { name: '模拟', exact: true }).first().click()
  await designer.getByLabel('多少件').fill('200')
  await designer.locator('.simulate').getByRole('button', { name: '模拟' }).click()
  await designer.getByText(/^200 件/).waitFor()
  await findings.at(designer, 'case-simulate')
  const text = designer.getByLabel('流程的文字（YAML）')
  const source = await text.inputValue()
  await text.fill(source.replace('to: on_site', 'to: nowhere'))
  const fault = designer.locator('.faults button').filter({ hasText: 'nowhere' }).first()
  await fault.click()
  const line = source.split('\n').findIndex((l) => l.includes('to: on_site'))
  const at = await text.evaluate((area) => area.value.slice(0, area.selectionStart).split('\n').length - 1)
  assert.ok(Math.abs(at - line) < 12, 'a fault leads to its place')
  await text.fill(source) // as it was: nothing to leave behind
}
