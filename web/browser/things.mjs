// An outlet that is judged for itself: it is registered, two facts are entered by hand, and it stands in
// the ranks of its index and fails its norm, which says so by outlet and by district; a norm of one's own
// tries an item that judges each outlet; then it is retired, and neither judges it. Words are those of the
// Chinese pages.
import assert from 'node:assert/strict'

const soon = { timeout: 30_000 }

/** The last whole quarter on the city's clock: 2026Q3. */
function quarter() {
  const [year, month] = new Date().toLocaleDateString('sv-SE', { timeZone: 'Asia/Shanghai' }).split('-').map(Number)
  const q = Math.ceil(month / 3) - 1
  return q ? `${year}Q${q}` : `${year - 1}Q4`
}

/** Enters what is known of the outlet in the grid of facts. */
async function enter(page, findings) {
  await page.getByRole('link', { name: '填数据' }).click()
  await page.waitForURL(/\/facts\/new\?unit=outlet/, soon)
  for (const [i, [element, value]] of [['每个网点每周开放小时', '30'], ['每个网点群众评分', '99']].entries()) {
    if (i) {
      await page.getByRole('button', { name: '添加一行' }).click()
      const place = page.getByRole('combobox', { name: `第 ${i + 1} 行区域` })
      await place.fill('走访网点')
      await page.getByRole('option', { name: /走访网点/ }).click()
    }
    const field = page.getByRole('combobox', { name: `第 ${i + 1} 行数据项` })
    await field.fill(element)
    await page.getByRole('option', { name: new RegExp(`^${element}`) }).first().click()
    await page.getByRole('textbox', { name: `第 ${i + 1} 行时间` }).fill(quarter())
    await page.getByRole('textbox', { name: `第 ${i + 1} 行数值` }).fill(value)
  }
  await findings.at(page, 'thing-facts')
  await page.getByRole('button', { name: '保存 2 条' }).click()
  await page.getByText('新增 2').waitFor(soon)
}

/** Registers two from a table, one of which a first look refuses. */
async function table(page, findings) {
  await page.getByRole('button', { name: '从表格登记' }).click()
  const bring = (text) => page.getByLabel('文件').setInputFiles({ name: 'things.csv', mimeType: 'text/csv', buffer: Buffer.from(`种类,代号,名称,所在区域\n${text}`) })
  await bring('小站,walk1,走访小站一,三里屯街道\n飞船,walk2,走访小站二,三里屯街道\n')
  await page.getByRole('button', { name: '先检查' }).click()
  await page.getByText('没有“飞船”这一类').waitFor(soon)
  await bring('小站,walk1,走访小站一,三里屯街道\n小站,walk2,走访小站二,三里屯街道\n')
  await page.getByRole('button', { name: '先检查' }).click()
  await page.getByText('新登记 2 个').waitFor(soon)
  await findings.at(page, 'things-table')
  await page.getByRole('button', { name: '登记', exact: true }).click()
  await page.getByText('已登记：新的 2 个').waitFor(soon)
  await page.locator('tr[data-row]', { hasText: '走访小站二' }).waitFor(soon)
  await page.locator('form.entry').getByRole('button', { name: '关闭' }).click()
}

/** The whole walk; gives the address of the outlet. */
export async function things({ base, analyst: page, findings }) {
  await page.goto(`${base}/console/assessment/things`)
  await page.locator('tr[data-row]').first().waitFor(soon)
  await findings.at(page, 'things')
  await table(page, findings)
  await page.getByRole('combobox', { name: '种类' }).selectOption({ label: '宾馆饭店' })
  await page.locator('.foot', { hasText: '共 8 项' }).waitFor(soon)
  assert.equal(await page.locator('tr[data-row]').count(), 8)
  await page.getByRole('combobox', { name: '种类' }).selectOption({ label: '资金' })
  await page.locator('tr[data-row]', { hasText: '预算' }).first().waitFor(soon)
  await page.getByRole('searchbox', { name: '按名称或代号查找' }).fill('没有这样的东西')
  await page.getByText('没有符合条件的内容').waitFor(soon)

  await page.getByRole('button', { name: '登记对象' }).first().click()
  await page.getByLabel('种类', { exact: true }).last().selectOption({ label: '服务网点' })
  await page.getByLabel('中文名称').fill('走访网点')
  await page.getByLabel('英文名称').fill('Outlet of the walk')
  await page.getByLabel('代号', { exact: true }).fill('walk')
  await page.getByRole('searchbox', { name: /按名称、拼音或编码/ }).fill('东四街道')
  await page.getByRole('radio', { name: /^东四街道/ }).first().check()
  await findings.at(page, 'thing-new')
  await page.getByRole('button', { name: '保存', exact: true }).click()
  await page.waitForURL(/\/things\/outlet:walk/, soon)
  const path = new URL(page.url()).pathname
  await page.locator('.detail tr', { hasText: '开放时间' }).filter({ hasText: '没有数据' }).waitFor(soon)
  await page.getByText('数据太少，没有评分').waitFor(soon)

  await enter(page, findings)
  await page.goto(base + path)
  await page.locator('.detail tr', { hasText: '开放时间' }).filter({ hasText: '未达标' }).waitFor(soon)
  await page.getByText(/第 \d+ 名，共 17 个/).waitFor(soon)
  await findings.at(page, 'thing')
  await page.getByRole('link', { name: '服务网点评价（样例）' }).click()
  await page.waitForURL(/\/scores\/outlets\/outlet:walk/, soon)
  await page.locator('article.card').waitFor(soon)
  await findings.at(page, 'thing-scorecard')
  await page.getByRole('link', { name: '全部名次' }).click()
  await page.locator('tbody tr', { hasText: '走访网点' }).waitFor(soon)
  await findings.at(page, 'things-ranked')

  const norm = await judged(page, base, findings, 17)
  await tried(page, base, findings)
  await page.goto(base + path)
  await page.getByRole('button', { name: '停评', exact: true }).click()
  const form = page.locator('form.confirm')
  await form.getByLabel(/请输入/).fill('停评')
  await form.getByRole('button', { name: '停评', exact: true }).click()
  await page.locator('.detail .state.retired').waitFor(soon)
  await page.getByText('现行的规范没有逐个评定它的条目').waitFor(soon)
  await page.locator('.detail tr', { hasText: '每个网点每周开放小时' }).waitFor(soon) // its facts stay
  await findings.at(page, 'thing-retired')
  await judged(page, base, findings, 16, norm)
  return path.replace('/console', '')
}

/** Drafts a norm whose item judges each outlet, and reckons what that would mean. */
async function tried(page, base, findings) {
  await page.goto(`${base}/console/standards/owed/new`)
  await page.getByLabel('中文名称').fill('网点逐个评定（测试）')
  await page.getByLabel('英文名称').fill('Outlets one by one (test)')
  await page.getByLabel('代号').fill('TEST-THINGS')
  await page.getByRole('button', { name: '开始起草' }).click()
  await page.getByRole('button', { name: '编辑', exact: true }).click()
  await page.getByRole('button', { name: '加一条' }).click()
  await page.getByLabel('名称（中文）', { exact: true }).fill('开得够久')
  await page.getByLabel('指标', { exact: true }).selectOption({ label: '网点开放时间（逐个）' })
  await page.getByLabel('在哪一级算').selectOption({ label: '逐个网点' })
  await page.getByLabel('各地的门槛', { exact: true }).fill('31')
  await page.getByRole('button', { name: '测算这一条的影响' }).click()
  await page.getByText('达标 16，未达标 1，没有数据 0').waitFor(soon)
  await page.locator('.impact', { hasText: '走访网点' }).waitFor(soon)
  await findings.at(page, 'thing-item')
  await page.keyboard.press('Control+s')
  await page.getByText('已保存').waitFor(soon)
}

/** Opens the norm of outlets at what it means now, and counts whom it judges one by one. */
async function judged(page, base, findings, count, norm) {
  if (norm) await page.goto(norm)
  else {
    await page.goto(`${base}/console/standards/owed`)
    await page.locator('tr[data-row]', { hasText: '广播电视服务网点规范（样例）' }).click()
    await page.getByRole('tab', { name: '影响' }).click()
  }
  await page.getByRole('button', { name: '开放时间' }).click()
  await page.locator('.one h2', { hasText: '开放时间' }).waitFor(soon)
  await page.locator('.one').getByText('看数据表').click()
  await page.locator('.one details[open] tbody tr', { hasText: '服务网点' }).first().waitFor(soon)
  assert.equal(await page.locator('.one details[open] tbody tr').count(), count, 'outlets that the norm judges')
  await page.locator('.one tr', { hasText: '东城区' }).filter({ hasText: /\d \/ \d/ }).waitFor(soon)
  await findings.at(page, `things-judged-${count}`)
  return page.url()
}
