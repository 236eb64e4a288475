// Money as its people handle it: a clerk enters a budget line, a contract and a payment, a leader
// confirms each, and the year's picture and unit costs show them to the fen; then another system is let
// in, and states a fact with the very command that it is given. Words are those of the Chinese pages.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { ask } from './returns.mjs'

const soon = { timeout: 30_000 }
const district = '110105000000' // 朝阳区
const year = new Date().getFullYear()

/** Confirms the fund that is open. */
async function confirm(leader, address, says) {
  await leader.goto(address)
  await leader.getByRole('button', { name: '确认', exact: true }).click()
  await leader.getByText(says).waitFor(soon)
  await leader.getByRole('button', { name: '确认，开始计数' }).click()
  await leader.locator('.detail .state.confirmed').first().waitFor(soon)
}

/** Fills in what is being entered and sends it; gives its address. */
async function enter(page, fields) {
  for (const [label, value] of Object.entries(fields)) {
    const field = page.locator('form.entry').getByLabel(label, { exact: true })
    if (await field.evaluate((e) => e.tagName === 'SELECT')) await field.selectOption({ label: value })
    else await field.fill(String(value))
  }
  const before = page.url()
  await page.getByRole('button', { name: '录入，待他人确认' }).click()
  await page.waitForURL((url) => url.href !== before && /\/funds\/list\/\w{26}/.test(url.pathname), soon)
  await page.locator('.detail .state.draft').first().waitFor(soon)
  return page.url()
}

/** A line, a contract and a payment in a district, each entered by the clerk and confirmed by the leader. */
async function book(analyst, leader, base, findings) {
  await analyst.goto(`${base}/console/assessment/funds/list`)
  await analyst.getByRole('button', { name: '录入', exact: true }).first().click()
  await analyst.getByRole('button', { name: '换一个' }).click()
  await analyst.getByRole('searchbox', { name: /按名称、拼音或编码/ }).fill('朝阳区')
  await analyst.getByRole('radio', { name: /^朝阳区/ }).first().check()
  const line = await enter(analyst, { 名称: '朝阳区喇叭抢修经费', 金额: 100000, 预算年度: year, 用途: '维修维护', 来源: '市级财政' })
  assert.equal(await analyst.getByRole('button', { name: '确认', exact: true }).count(), 0, 'nobody confirms their own')
  await findings.at(analyst, 'fund-draft')
  // A draft is corrected before it counts.
  await analyst.getByRole('button', { name: '修改', exact: true }).click()
  await analyst.locator('form.entry').getByLabel('金额').fill('120000.55')
  await analyst.getByRole('button', { name: '保存', exact: true }).click()
  await analyst.locator('.detail .figure', { hasText: '120,000.55' }).waitFor(soon)
  await confirm(leader, line, /120,000\.55\s元计入朝阳区\d{4}年“维修维护”的预算/)
  await findings.at(leader, 'fund-confirmed')

  await analyst.goto(line)
  await analyst.getByRole('button', { name: '录入合同' }).click()
  await analyst.getByText('还剩 120,000.55 元').waitFor(soon)
  await analyst.locator('form.entry').getByLabel('金额').fill('120001')
  await analyst.getByText(/多 0\.45\s元，确认时会被拒绝/).waitFor(soon)
  await findings.at(analyst, 'contract-over')
  const contract = await enter(analyst, { 名称: '抢修服务合同', 金额: 80000, 签订日期: `${year}-02-03` })
  await confirm(leader, contract, /还剩 40,000\.55\s元/)

  await analyst.goto(contract)
  await analyst.getByRole('button', { name: '录入支付' }).click()
  const payment = await enter(analyst, { 名称: '首付款', 金额: 30000.25, 支付日期: `${year}-03-04` })
  await confirm(leader, payment, /30,000\.25\s元计入朝阳区/)
  await analyst.goto(line)
  await analyst.getByText('已用 80,000 元，还剩 40,000.55 元').waitFor(soon)
  await analyst.getByText('已付 30,000.25 元，未付 49,999.75 元').waitFor(soon)
  await findings.at(analyst, 'fund-tree')
  return { line, payment }
}

/** What the API says stands beside what the pages show. */
const costsOf = async (page) => (await ask(page, 'GET', `/api/measure/unit-costs?year=${year}`)).body.purposes.find((p) => p.code === 'upkeep').costs.find((c) => c.indicator === 'cost.repair').peers.find((p) => p.unit.code === district)

/** The year's picture and the unit costs before and after. */
async function results(analyst, base, before, findings) {
  const { body: now } = await ask(analyst, 'GET', `/api/measure/fund-reckoning?year=${year}`)
  const cents = (v) => Math.round(v * 100)
  const upkeep = (r) => r.purposes.find((p) => p.code === 'upkeep')
  for (const [what, more] of [['budget', 12000055], ['contracted', 8000000], ['paid', 3000025]]) {
    assert.equal(cents(upkeep(now)[what]) - cents(upkeep(before.reckoning)[what]), more, `${what} of the purpose, in fen`)
    assert.equal(cents(now.total[what]) - cents(before.reckoning.total[what]), more, `${what} in all, in fen`)
  }
  await analyst.goto(`${base}/console/assessment/funds`)
  await analyst.getByText(/^\d{4} 年共安排/).waitFor(soon)
  await findings.at(analyst, 'money-year')
  await analyst.locator('.names.to a', { hasText: '维修维护' }).click()
  await analyst.waitForURL(/\/funds\/list\?.*purpose=upkeep/, soon)
  await analyst.locator('.foot', { hasText: '支付' }).waitFor(soon)
  await findings.at(analyst, 'funds-chosen')
  const { body: listed } = await ask(analyst, 'GET', `/api/measure/funds?purpose=upkeep&year=${year}&state=confirmed&limit=1`)
  assert.equal(cents(listed.sums.payment), cents(upkeep(now).paid), 'the foot of the book is what the picture shows')
  const shown = await analyst.locator('.foot .sum', { hasText: '支付' }).innerText()
  assert.equal(cents(Number(shown.replace(/[^\d.]/g, ''))), cents(listed.sums.payment), shown)
  const [file] = await Promise.all([analyst.waitForEvent('download', soon), analyst.getByRole('link', { name: '导出 XLSX' }).click()])
  const chunks = []
  for await (const chunk of await file.createReadStream()) chunks.push(chunk)
  assert.equal(Buffer.concat(chunks).subarray(0, 2).toString('latin1'), 'PK', 'the book as a spreadsheet')

  const cost = await costsOf(analyst)
  assert.equal(cents(cost.paid) - cents(before.cost.paid), 3000025, 'the payment counts beside its result')
  assert.equal(cost.result, before.cost.result)
  assert.ok(Math.abs(cost.cost - cost.paid / cost.result) < 1e-9, 'a unit costs what was paid by what came of it')
  await analyst.goto(`${base}/console/assessment/unit-costs?indicator=cost.repair`)
  const row = analyst.locator('.peers tbody tr', { hasText: '朝阳区' })
  await row.waitFor(soon)
  assert.equal((await row.locator('.cost').innerText()).trim(), String(Math.round(cost.cost)), 'the page shows that cost')
  await analyst.locator('.peers .key', { hasText: '中位数' }).waitFor(soon)
  await analyst.locator('.peers .band').first().waitFor({ state: 'attached', ...soon })
  await findings.at(analyst, 'unit-costs')
  await analyst.goto(`${base}/console/assessment/unit-costs?indicator=cost.speaker`)
  await analyst.getByText('结果太少，不比较').first().waitFor(soon) // few terminals run here
  await findings.at(analyst, 'unit-costs-few')
  // From the cost to what it is made of, to the payment behind it.
  await analyst.goto(`${base}/console/assessment/unit-costs?indicator=cost.repair`)
  await row.locator('.cost a').click()
  await analyst.waitForURL(/\/assessment\/value\?.*indicator=cost\.repair/, soon)
  await analyst.locator('.facts-part a', { hasText: '看这笔资金' }).first().click()
  await analyst.waitForURL(/\/funds\/list\/\w{26}/, soon)
  await analyst.locator('.detail h2').waitFor(soon)
}

/** A payment that was wrong is made void, and counts no more. */
async function undo(leader, analyst, payment, before, findings) {
  await leader.goto(payment)
  await leader.getByRole('button', { name: '作废', exact: true }).click()
  const form = leader.locator('form.confirm')
  await form.getByLabel('为什么作废').fill('重复录入')
  await form.getByLabel(/请输入/).fill('作废')
  await form.getByRole('button', { name: '作废', exact: true }).click()
  await leader.getByText('作废原因：重复录入').waitFor(soon)
  await findings.at(leader, 'fund-void')
  assert.equal((await costsOf(analyst)).paid, before.cost.paid, 'what is void counts nowhere')
}

/** A system is let in; its first fact comes with the command that the page gives. */
async function feed(analyst, base, findings) {
  await analyst.goto(`${base}/console/assessment/feeders`)
  await analyst.getByRole('button', { name: '新建接口' }).first().click()
  await analyst.getByLabel('名称', { exact: true }).fill('有线网管系统')
  await analyst.getByRole('searchbox', { name: /按名称、拼音或编码/ }).fill('朝阳区')
  await analyst.getByRole('radio', { name: /^朝阳区/ }).first().check()
  await analyst.getByRole('searchbox', { name: '按名称、拼音或代码查找' }).fill('qunzhongtousu')
  await analyst.getByRole('checkbox', { name: /^群众投诉数/ }).check()
  await analyst.getByRole('button', { name: '开通', exact: true }).click()
  const secret = (await analyst.locator('.secret dd').first().innerText()).match(/tsf_[\w-]{43}/)?.[0]
  assert.ok(secret, 'the secret is shown')
  await analyst.waitForFunction((s) => document.querySelector('.example pre')?.textContent?.includes(s), secret, soon)
  await findings.at(analyst, 'feeder-made')
  const command = await analyst.locator('.example pre').innerText()
  const run = (with_) => JSON.parse(execFileSync('sh', ['-c', with_.replace('curl ', 'curl -sS ')], { encoding: 'utf8' }))
  const { body: had } = await ask(analyst, 'GET', `/api/measure/facts?element=complaint.count&unit=${district}&source=api`)
  assert.equal(had.total, 0)
  const out = run(command)
  assert.equal((out.new ?? 0) + (out.changed ?? 0), 1, `the command states one fact: ${JSON.stringify(out)}`)
  await analyst.goto(`${base}/console/assessment/feeders`)
  const row = analyst.locator('tr[data-row]', { hasText: '有线网管系统' })
  await row.filter({ hasText: '在用' }).click()
  await analyst.getByRole('link', { name: '它报来的数据' }).click()
  await analyst.waitForURL(/\/assessment\/facts\?origin=feeder/, soon)
  await analyst.locator('tr[data-row]', { hasText: '群众投诉数' }).filter({ hasText: '朝阳区' }).filter({ hasText: '有线网管系统' }).waitFor(soon)
  await findings.at(analyst, 'feeder-facts')
  // Another secret: the one of before is good for nothing.
  await analyst.goto(`${base}/console/assessment/feeders`)
  await row.click()
  await analyst.getByRole('button', { name: '更换密钥' }).click()
  const form = analyst.locator('form.confirm')
  await form.getByLabel(/请输入/).fill('更换')
  await form.getByRole('button', { name: '更换密钥' }).click()
  await analyst.locator('.secret').waitFor(soon)
  assert.equal(run(command).status, 401, 'the secret of before')
  await findings.at(analyst, 'feeder-renewed')
  await analyst.getByRole('button', { name: '停用', exact: true }).click()
  await form.getByLabel(/请输入/).fill('停用')
  await form.getByRole('button', { name: '停用', exact: true }).click()
  await analyst.locator('.detail .state.ended').waitFor(soon)
  return new URL(analyst.url()).pathname
}

/** The whole walk; gives pages that it made, to be judged with all others. */
export async function money({ base, analyst, leader, findings }) {
  const before = { reckoning: (await ask(analyst, 'GET', `/api/measure/fund-reckoning?year=${year}`)).body, cost: await costsOf(analyst) }
  const { line, payment } = await book(analyst, leader, base, findings)
  await results(analyst, base, before, findings)
  await undo(leader, analyst, payment, before, findings)
  const feeder = await feed(analyst, base, findings)
  return [new URL(line).pathname, feeder].map((path) => path.replace('/console', ''))
}
