// From the city's score down to a single receipt, by clicking alone: cockpit, the city's own score, a
// district's sheet, how far emergency messages reached there, a township of it, the message, and what
// one terminal answered. Words are those of the Chinese pages.
import assert from 'node:assert/strict'

const soon = { timeout: 30_000 }

/** The points of an indicator in the table of what a score is made of. */
const partOf = (page, name) => page.locator('.wide tbody tr', { has: page.getByRole('link', { name, exact: true }) })

/** The walk, in the present quarter; some emergency message went to Chaoyang in it. Gives the steps that were seen. */
export async function receipt({ base, analyst: page, findings }) {
  await page.goto(`${base}/console/assessment`)
  const period = page.getByRole('combobox', { name: '时间' })
  await period.waitFor(soon)
  const now = await period.locator('option').first().getAttribute('value') // what is measured live is of now
  await Promise.all([page.waitForResponse((r) => r.url().includes('/scores') && r.url().includes(`period=${now}`), soon), period.selectOption(now)])
  await page.waitForTimeout(1000) // until then the page shows what it had
  const city = page.locator('.whole a', { hasText: /^北京市得 [\d.]+ 分$/ })
  const told = await page.waitForFunction(() => { // the loop and the sentence tell one score of the city
    const sentence = document.querySelector('.whole a')?.textContent?.match(/[\d.]+/)?.[0]
    const loop = [...document.querySelectorAll('.loop li')].find((l) => l.textContent?.includes('北京市得分'))?.querySelector('.figure')?.textContent?.trim()
    return sentence && sentence === loop && sentence
  }, undefined, soon)
  const said = `北京市得 ${await told.jsonValue()} 分`
  await findings.at(page, 'cockpit-whole')

  await city.click()
  await page.waitForURL(/\/assessment\/scores\/service\/110000000000/, soon)
  await page.getByText('不参加排名').first().waitFor(soon)
  assert.equal(`北京市得 ${(await page.locator('.big .figure').first().innerText()).match(/[\d.]+/)[0]} 分`, said, 'its sheet tells the score that the cockpit told')
  assert.match(await partOf(page, '应急消息到达率').innerText(), /[\d.]+%/, 'its own reach is a part of the score of the city')
  assert.equal(await page.locator('.near li').count(), 16, 'it leads to every district')
  await findings.at(page, 'scorecard-city')

  await page.locator('.near a', { hasText: '朝阳区' }).click()
  await page.waitForURL(/\/assessment\/scores\/service\/110105000000/, soon)
  await page.locator('h1', { hasText: '朝阳区' }).waitFor(soon)
  const reach = partOf(page, '应急消息到达率')
  await reach.waitFor(soon)
  const cells = await reach.locator('td').allInnerTexts()
  assert.match(cells[0], /^[\d.]+%$/, 'the district has a reach')
  assert.match(cells[3], /^[\d.]+$/, 'and points for it')
  await findings.at(page, 'scorecard-live')

  await reach.getByRole('link').click()
  const sentence = page.locator('h2.sentence')
  await sentence.filter({ hasText: '朝阳区的应急消息到达率是' }).waitFor(soon)
  assert.ok((await sentence.innerText()).includes(cells[0]), 'the number is the one that the score is made of')
  const first = page.locator('.bars li:has(.bar) a').first() // a township that the message went to
  await first.waitFor(soon)
  const township = await first.locator('.name').innerText()
  await first.click()
  await sentence.filter({ hasText: township }).waitFor(soon)

  await page.locator('.facts-part tbody a[href*="/delivery/messages/"]').first().click(soon)
  await page.waitForURL(/\/delivery\/messages\/\w+.*d_township=110105\d{6}/, soon)
  const terminal = page.locator('.terminals tbody tr', { hasText: township }).first()
  await terminal.locator('button.open').click(soon)
  const one = page.locator('.terminals ol li').last()
  await one.waitFor(soon)
  assert.match(await one.innerText(), /版[^]*\d\d:\d\d:\d\d[^]*入库/, 'one receipt says what it answers, when that was and when it was stored')
  await findings.at(page, 'receipt')
  return { said, township, receipt: (await one.innerText()).replace(/\s+/g, ' ') }
}
