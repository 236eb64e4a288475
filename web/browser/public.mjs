// What an analyst enters stands before the public within seconds: the number is read from the rendered
// page of somebody who is not signed in, and from the open data, before and after.
import assert from 'node:assert/strict'

const soon = { timeout: 15_000 }
const chaoyang = '110105000000'

/** The month before this one, whose facts the sample city has. */
const lastMonth = () => {
  const d = new Date(new Date().getFullYear(), new Date().getMonth() - 1, 1)
  return `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, '0')}`
}

/** The number in the sentence of a page, as a reader sees it. */
async function shown(citizen, path) {
  await citizen.goto(path)
  return Number((await citizen.locator('.figures.one .says b').innerText()).replace(/[^\d.]/g, ''))
}

/** The open data of a district in a month: as JSON and as CSV, which must agree. */
async function open(base, code, month) {
  const table = await (await fetch(`${base}/api/public/indicators/${code}?from=${month}&to=${month}`)).json()
  const [value] = table.indicators[0].values[table.units.findIndex((u) => u.code === chaoyang)]
  const csv = await (await fetch(`${base}/api/public/indicators/${code}/csv?from=${month}&to=${month}`)).text()
  assert.equal(Number(csv.split('\n').find((line) => line.startsWith(chaoyang)).split(',').at(-1)), value, 'CSV and JSON say the same')
  return value
}

/** Enters a fact of a district by hand, as an analyst does in the grid. */
async function enter(analyst, base, month, value) {
  await analyst.goto(`${base}/console/assessment/facts/new?element=complaint.count`)
  await analyst.getByRole('combobox', { name: '第 1 行区域' }).fill('朝阳区')
  await analyst.locator('[role=option]', { hasText: '朝阳区' }).first().waitFor(soon)
  await analyst.keyboard.press('Enter')
  await analyst.getByLabel('第 1 行时间').fill(month)
  await analyst.getByLabel('第 1 行时间').blur()
  await analyst.getByText(/^现为/).first().waitFor(soon) // the sample city has a number already
  await analyst.getByLabel('第 1 行数值').fill(String(value))
  await analyst.getByRole('button', { name: '保存 1 条' }).click()
  await analyst.getByText('已保存：').waitFor(soon)
}

/** The whole walk; analyst is signed in, citizen is nobody. Returns how long the change took, ms. */
export async function published({ base, analyst, citizen, findings }) {
  const month = lastMonth()
  const page = `${base}/figures/i/complaint_rate/${chaoyang}`
  const [seen, given] = [await shown(citizen, page), await open(base, 'complaint_rate', month)]
  assert.ok(Math.abs(seen - given) < 0.006, `the page says ${seen}, the open data ${given}`)
  const { items } = await (await fetch(`${base}/api/public/indicators`)).json()
  assert.ok(items.some((x) => x.code === 'complaint_rate' && x.licence && x.changedAt), 'the open data say under which licence, and when they changed')
  const people = 3_452_460 // of Chaoyang by the census, as the register has it
  const count = Math.round((given * people) / 10_000)
  const wanted = count + 700 // two more for every ten thousand
  await enter(analyst, base, month, wanted)
  const saved = Date.now()
  let now
  do {
    now = await shown(citizen, page)
  } while (now === seen && Date.now() - saved < 5000)
  const took = Date.now() - saved
  assert.ok(Math.abs(now - (wanted / people) * 10_000) < 0.006, `after ${wanted} were entered the page says ${now}, not ${((wanted / people) * 10_000).toFixed(2)}`)
  assert.ok(Math.abs((await open(base, 'complaint_rate', month)) - now) < 0.006, 'the open data say what the page says')
  await findings.at(citizen, 'public-figure')
  // From the district's page the sentence leads here; and the page without scripts says the same.
  await citizen.goto(`${base}/figures/d/${chaoyang}`)
  await findings.at(citizen, 'public-district')
  await citizen.locator('.figures a[href*="complaint_rate"]').click()
  assert.equal(await shown(citizen, citizen.url()), now)
  const plain = await (await fetch(page)).text()
  assert.match(plain, new RegExp(`<b>${now.toFixed(2)}</b>`), 'the number stands in the page itself')
  return took
}
