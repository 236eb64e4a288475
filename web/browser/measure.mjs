// Measures as an analyst makes and reads them: something to be counted, facts of it, an indicator
// whose formula is first wrong; and from the city's emergency reach down to the receipts of one
// terminal, by clicking alone. Words are those of the Chinese pages.
import assert from 'node:assert/strict'

const soon = { timeout: 30_000 }

/** Says what is counted. */
async function element(page, base, findings) {
  await page.goto(`${base}/console/assessment/elements`)
  await page.getByRole('button', { name: '新建数据项' }).first().click()
  await page.getByLabel('中文名称').fill('喇叭巡查次数')
  await page.getByLabel('英文名称').fill('Loudspeaker checks')
  assert.equal(await page.getByLabel('代码', { exact: true }).inputValue(), 'loudspeaker_checks', 'the code follows the English name')
  await page.getByLabel('单位（中文）').fill('次')
  await page.getByLabel('单位（英文）').fill('checks')
  await page.getByLabel('只能填整数').check()
  await findings.at(page, 'element-new')
  await page.getByRole('button', { name: '保存' }).click()
  await page.locator('.detail h2', { hasText: '喇叭巡查次数' }).waitFor(soon)
}

/** Chooses what is offered for words typed into a box of the grid. */
export async function pick(page, label, words, offer) {
  await page.getByRole('combobox', { name: label }).fill(words)
  await page.locator('[role=option]', { hasText: offer }).first().waitFor(soon)
  await page.keyboard.press('Enter')
}

/** Enters facts of two districts, a wrong one among them; takes them back; enters them again. */
async function enter(page, findings) {
  await page.getByRole('link', { name: '填数据' }).click()
  await pick(page, '第 1 行区域', '朝阳区', '朝阳区')
  await page.getByText('还没有数据', { exact: true }).first().waitFor(soon)
  const month = await page.getByLabel('第 1 行时间').inputValue()
  assert.match(month, /^\d{4}-\d\d$/, 'the period is the present one of the element')
  await page.getByLabel('第 1 行数值').fill('1.5')
  await page.getByRole('button', { name: '添加一行' }).click()
  await pick(page, '第 2 行区域', 'haidianqu', '海淀区')
  await page.getByLabel('第 2 行数值').fill('30')
  await page.getByRole('button', { name: '保存 2 条' }).click()
  await page.locator('.result .wrong', { hasText: '须是整数' }).waitFor(soon)
  await findings.at(page, 'facts-wrong')
  await page.getByLabel('第 1 行数值').fill('12')
  await page.getByRole('button', { name: '保存 2 条' }).click()
  await page.getByText('已保存：新增 2 条').waitFor(soon)
  await page.getByRole('button', { name: '撤销刚才填的' }).click()
  await page.getByText('已撤销 2 条').waitFor(soon)
  await page.getByRole('button', { name: '继续填' }).click()
  for (const [i, [words, value]] of [['朝阳区', '12'], ['海淀区', '30']].entries()) {
    if (i) await page.getByRole('button', { name: '添加一行' }).click()
    await pick(page, `第 ${i + 1} 行区域`, words, words)
    await page.getByLabel(`第 ${i + 1} 行数值`).fill(value)
  }
  await page.getByRole('button', { name: '保存 2 条' }).click()
  await page.getByText('已保存：新增 2 条').waitFor(soon)
  await findings.at(page, 'facts-entered')
  return month
}

/** Corrects one of them with a reason; the old value stays to be read. */
async function correct(page, findings) {
  await page.locator('tr[data-row]', { hasText: '海淀区' }).first().click()
  await page.getByRole('button', { name: '更正', exact: true }).click()
  const form = page.locator('.detail form')
  await form.getByLabel('数值').fill('28')
  await form.getByLabel('理由').fill('少了一张巡查单')
  await form.getByRole('button', { name: '更正', exact: true }).click()
  await page.locator('.versions li', { hasText: '少了一张巡查单' }).waitFor(soon)
  assert.match(await page.locator('.versions li').first().innerText(), /28\s*次[^]*原为 30\s*次/)
  await findings.at(page, 'fact')
}

/** Makes an indicator, whose formula is wrong at first. */
async function indicator(page, base, findings) {
  await page.goto(`${base}/console/assessment/indicators/new`)
  await page.getByLabel('中文名称').fill('每百万人喇叭巡查次数')
  await page.getByLabel('英文名称').fill('Checks per million residents')
  const above = page.getByLabel('分子')
  await above.pressSequentially('labaxuncha') // pinyin
  await page.locator('[role=option]', { hasText: '喇叭巡查次数' }).waitFor(soon)
  await page.keyboard.press('Enter')
  assert.equal(await above.inputValue(), 'loudspeaker_checks')
  await above.pressSequentially(' +\n  nothing_like_it')
  await page.locator('.faults', { hasText: '第 2 行第 3 列' }).waitFor(soon)
  assert.equal(await page.locator('.faults mark').first().innerText(), 'nothing_like_it', 'what is wrong is marked in its line')
  await findings.at(page, 'indicator-wrong')
  await above.fill('loudspeaker_checks *')
  await page.locator('.faults', { hasText: '公式没有写完' }).waitFor(soon)
  await above.fill('loudspeaker_checks')
  await page.locator('.preview', { hasText: '40' }).waitFor(soon)
  await page.getByLabel('分母').pressSequentially('常住')
  await page.locator('[role=option]', { hasText: '常住人口' }).waitFor(soon)
  await page.keyboard.press('Enter')
  await page.getByLabel('最后怎么算').fill('numerator / denominator * 1000000')
  await page.locator('.preview .bars li').first().waitFor(soon)
  await findings.at(page, 'indicator-preview')
  await page.getByRole('button', { name: '保存' }).click()
  await page.locator('.detail h2', { hasText: '每百万人喇叭巡查次数' }).waitFor(soon)
  await findings.at(page, 'indicator')
}

/** Sees the number in the explorer, each way; the address alone shows the same. */
async function explore(page, base, month, findings) {
  await page.goto(`${base}/console/assessment/explorer`)
  await page.getByLabel('添加指标').fill('mbwrlb') // initials
  await page.locator('[role=option]', { hasText: '每百万人喇叭巡查次数' }).waitFor(soon)
  await page.keyboard.press('Enter')
  await page.locator('figure [role=img] svg').waitFor(soon)
  await findings.at(page, 'explorer-lines')
  for (const [view, shown, name] of [['排名', '.bars li', 'bars'], ['地图', '.maplibregl-canvas', 'map'], ['表格', 'table[role=grid]', 'table']]) {
    await page.getByRole('button', { name: view, exact: true }).click()
    await page.locator(shown).first().waitFor(soon)
    await findings.at(page, `explorer-${name}`)
  }
  const address = page.url()
  await page.goto(address)
  const row = page.locator('table[role=grid] tbody tr', { hasText: '朝阳区' })
  await row.locator(`a[href*="period=${month}"]:not(.none)`).first().waitFor(soon)
  assert.equal(await page.locator('table[role=grid] tbody tr', { hasText: '东城区' }).locator('a:not(.none)').count(), 0, 'what is not known is no number')
  const [file] = await Promise.all([page.waitForEvent('download', soon), page.getByRole('button', { name: '导出 CSV' }).click()])
  const chunks = []
  for await (const chunk of await file.createReadStream()) chunks.push(chunk)
  assert.match(Buffer.concat(chunks).toString('utf8'), new RegExp(`每百万人喇叭巡查次数,checks_per_million_residents,朝阳区,110105000000,${month},\\d`))
}

/** From the city's emergency reach to the receipts of one terminal. */
async function drill(page, base, findings) {
  await page.goto(`${base}/console/assessment/indicators/alert_reach`)
  await page.locator('.detail .now a.figure').click()
  const sentence = page.locator('h2.sentence')
  await page.waitForURL(/\/assessment\/value/, soon)
  assert.match(await sentence.innerText(), /北京市的应急消息到达率是 [\d.]+%/)
  await findings.at(page, 'value-city')
  await page.locator('.bars a', { hasText: '朝阳区' }).click()
  await sentence.filter({ hasText: '朝阳区' }).waitFor(soon)
  const first = page.locator('.bars li:has(.bar) a').first() // a township that the message went to
  await first.waitFor(soon)
  const township = await first.locator('.name').innerText()
  await first.click()
  await sentence.filter({ hasText: township }).waitFor(soon)
  assert.deepEqual(await page.locator('nav.path li').allInnerTexts(), ['北京市', '朝阳区', township])
  const origin = page.locator('.facts-part tbody a[href*="/delivery/messages/"]').first()
  await origin.filter({ hasText: '预警' }).waitFor(soon)
  await findings.at(page, 'value-township')
  await origin.click()
  await page.waitForURL(/\/delivery\/messages\/\w+.*d_township=110105\d{6}/, soon)
  const open = page.locator('.terminals tbody button.open').first()
  await open.waitFor(soon)
  await open.click()
  await page.locator('.terminals', { hasText: /入库|没有回执/ }).first().waitFor(soon)
  await findings.at(page, 'value-receipts')
}

/** The whole walk; some emergency message went to Chaoyang before. */
export async function measure({ base, analyst, findings }) {
  await element(analyst, base, findings)
  const month = await enter(analyst, findings)
  await correct(analyst, findings)
  await indicator(analyst, base, findings)
  await explore(analyst, base, month, findings)
  await drill(analyst, base, findings)
}
