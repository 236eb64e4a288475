// Scores as somebody new to them uses them: from the cockpit to the worst district, why it is so,
// and its sheet on one page of A4; then an index of one's own, made without code. Each within a
// minute. Words are those of the Chinese pages.
import assert from 'node:assert/strict'

const soon = { timeout: 30_000 }
const minute = 60_000

/** The pages of a PDF, as Chromium writes it. */
const pagesOf = (pdf) => pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0

/** Finds the worst district, has it explained, and prints it. */
async function worst(page, base, findings) {
  const began = Date.now()
  await page.goto(`${base}/console/assessment`)
  await findings.at(page, 'cockpit')
  await page.getByRole('link', { name: /^看.+为什么最低$/ }).click(soon)
  await page.getByText(/在 16 个里排最后/).waitFor(soon)
  const name = await page.locator('h1').textContent()
  const lost = await page.locator('.lost li').count()
  assert.ok(lost >= 3, `what ${name} loses most on is listed`)
  await page.getByText('到期未达').first().waitFor(soon)
  await page.evaluate(() => { globalThis.print = () => { globalThis.printed = true } })
  await page.getByRole('button', { name: '打印一页' }).click()
  assert.ok(await page.evaluate(() => globalThis.printed), 'the sheet goes to the printer')
  const took = Date.now() - began
  assert.ok(took < minute, `the worst district took ${took} ms`)
  await findings.at(page, 'scorecard')
  assert.equal(pagesOf(await page.pdf({ format: 'A4', preferCSSPageSize: true })), 1, 'the sheet is one page')
  await page.locator('.lost a').first().click() // and on to what the number is made of
  await page.waitForURL(/\/assessment\/value\?/, soon)
  return took
}

/** Makes an index with a group, by keyboard where it is quicker; finds its ranks. */
async function make(page, base, findings) {
  const began = Date.now()
  await page.goto(`${base}/console/assessment/indices/new`)
  await page.getByLabel('中文名称').first().fill('试算指数')
  await page.getByLabel('英文名称').first().fill('Trial index')
  const add = page.getByLabel('加指标')
  for (const words of ['guangxian', '满意', 'wxas']) {
    await add.fill(words)
    await add.press('Enter')
  }
  await page.getByText('随改随算').waitFor(soon)
  await page.getByLabel('加一组').fill('服务')
  await page.getByLabel('加一组').press('Enter')
  await page.getByLabel('组的英文名称').fill('Service')
  await page.getByRole('combobox', { name: '“群众满意度”放到哪一组' }).selectOption({ label: '服务' })
  await page.getByLabel('“光纤到户率”的权重').fill('-2')
  await page.getByText('还算不出来').waitFor(soon)
  await page.getByLabel('“光纤到户率”的权重').fill('2')
  await page.getByText('随改随算').waitFor(soon)
  await findings.at(page, 'index-new')
  await page.getByRole('button', { name: '保存' }).click()
  await page.waitForURL(/\/assessment\/scores\/trial_index/, soon)
  await page.getByText(/最高，.+最低/).waitFor(soon)
  const took = Date.now() - began
  assert.ok(took < minute, `an index took ${took} ms`)
  await change(page, base)
  return took
}

/** Changes the index in two windows: who comes second is told, and may take what the first wrote. */
async function change(page, base) {
  const second = await page.context().newPage()
  const weight = (of) => of.getByLabel('“光纤到户率”的权重')
  for (const one of [page, second]) {
    await one.goto(`${base}/console/assessment/indices/trial_index`)
    await weight(one).waitFor(soon)
  }
  await weight(page).fill('5')
  await page.getByText(/和已保存的比/).first().waitFor(soon)
  await page.getByRole('button', { name: '保存' }).click()
  await page.waitForURL(/\/assessment\/scores\/trial_index/, soon)
  await weight(second).fill('7')
  await second.getByRole('button', { name: '保存' }).click()
  await second.getByText('您打开以后，别人改过').waitFor(soon)
  await second.getByRole('button', { name: '放弃我的修改' }).click()
  await second.waitForFunction(() => [...document.querySelectorAll('input')].some((x) => x.value === '5'), undefined, soon)
  await second.close()
}

/** A method is tried: agreed to, drawn up, heard, objected to, answered; it is not published early. */
async function judge(analyst, leader, district, base, findings) {
  const open = async (page) => {
    await page.goto(`${base}/console/assessment/methods`)
    await page.getByRole('link', { name: /绩效考核办法/ }).first().click(soon)
  }
  await open(leader)
  await leader.getByRole('button', { name: '同意试点' }).click(soon)
  await leader.locator('form.confirm input').fill('同意')
  await leader.locator('form.confirm').getByRole('button', { name: '同意试点' }).click()
  await leader.getByText('下一步：在试点范围考核一期').waitFor(soon)
  await open(analyst)
  await findings.at(analyst, 'method')
  await analyst.getByRole('button', { name: '起草', exact: true }).click(soon)
  await analyst.waitForURL(/\/assessment\/assessments\/\w+/, soon)
  await analyst.getByRole('button', { name: '开始公示' }).click(soon)
  await analyst.locator('form.confirm input').fill('公示')
  await analyst.locator('form.confirm').getByRole('button', { name: '开始公示' }).click()
  await analyst.locator('.course [aria-current]', { hasText: '公示' }).waitFor(soon)
  const [paper] = await Promise.all([analyst.waitForEvent('download', soon), analyst.getByRole('link', { name: '导出 PDF' }).click()])
  assert.match(paper.suggestedFilename(), /\.pdf$/)
  await district.goto(analyst.url())
  await district.getByRole('button', { name: '提异议' }).click(soon)
  await district.getByLabel('代表谁').selectOption({ label: '海淀区' })
  await district.getByLabel('对哪个指标').selectOption({ label: '维修按时完成率' })
  await district.locator('[id="field-fact"] option').nth(1).waitFor({ state: 'attached', ...soon })
  await district.getByLabel('对哪条数据').selectOption({ index: 1 })
  await district.getByLabel('应当是多少').fill('100')
  await district.getByLabel('理由').fill('当月漏报，附维修单。')
  await district.getByRole('button', { name: '提交异议' }).click()
  await district.getByText('当月漏报').waitFor(soon)
  assert.equal(await district.getByRole('button', { name: '答复', exact: true }).count(), 0, 'nobody answers what they said themselves')
  await analyst.reload()
  await analyst.getByRole('button', { name: '答复', exact: true }).click(soon)
  await analyst.getByLabel('答复内容').fill('核实属实，予以更正。')
  await analyst.getByRole('button', { name: '发出答复' }).click()
  await analyst.getByText('数据已更正').waitFor(soon)
  await findings.at(analyst, 'hearing')
  await leader.goto(analyst.url())
  assert.ok(await leader.getByRole('button', { name: '公布', exact: true }).isDisabled(soon), 'nothing is published before its hearing is over')
}

/** Somebody who sees one district alone reads its indicators, and asks for nothing that is not theirs. */
async function own(page, base, findings) {
  const city = []
  page.on('response', (r) => r.status() === 403 && city.push(r.url()))
  await page.goto(`${base}/console/assessment/indicators/obj.cable`)
  await page.locator('.detail .now').filter({ hasText: '海淀区' }).waitFor(soon)
  assert.deepEqual(city, [], 'only what is theirs is asked for')
  await findings.at(page, 'district-indicators')
}

/** The whole walk; gives how long a new user's two tasks took, ms. */
export async function scores({ base, analyst, leader, district, findings }) {
  const [found, made] = [await worst(analyst, base, findings), await make(analyst, base, findings)]
  await judge(analyst, leader, district, base, findings)
  await own(district, base, findings)
  return { found, made }
}
