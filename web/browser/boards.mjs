// A dashboard that somebody assembles: from nothing to tiles in an order of their own, with one taken
// off and had back, changed by keys and by hand, shared, copied by another, and live.
import assert from 'node:assert/strict'
import { ask } from './returns.mjs'

const soon = { timeout: 15_000 }
const chaoyang = '110105000000'

/** Chooses how a tile is shown and of what. */
async function put(page, kind, words, offer) {
  await page.getByRole('group', { name: '样子' }).getByRole('button', { name: kind, exact: true }).click()
  await page.getByLabel('添加指标').fill(words)
  await page.locator('[role=option]', { hasText: offer }).first().waitFor(soon)
  await page.keyboard.press('Enter')
}

const order = (page) => page.locator('.grid > li h2, .grid > li .text').allInnerTexts().then((all) => all.map((x) => x.split(/\s/)[0]))

/** The whole walk; gives the board's address. */
export async function boards({ base, analyst, other, findings }) {
  await analyst.goto(`${base}/console/assessment/boards`)
  await analyst.getByText('还没有看板。').waitFor(soon)
  await findings.at(analyst, 'boards-none')
  await analyst.getByRole('button', { name: '新建看板' }).click()
  await analyst.getByText('这个看板还是空的。').waitFor(soon)
  await findings.at(analyst, 'board-empty')
  await analyst.getByLabel('名字').fill('每周看一眼')
  await analyst.keyboard.press('Tab')
  await put(analyst, '数字', '每万人投诉', '每万人投诉数')
  await put(analyst, '走势', '维修按时', '维修按时完成率')
  await put(analyst, '各地', '群众满意', '群众满意度')
  await put(analyst, '地图', '光纤到户', '光纤到户率')
  await analyst.getByRole('group', { name: '样子' }).getByRole('button', { name: '评分排名' }).click()
  await analyst.locator('.add').getByRole('button', { name: '广播电视公共服务指数' }).click()
  await analyst.getByRole('group', { name: '样子' }).getByRole('button', { name: '文字' }).click()
  await analyst.locator('.add textarea').fill('每周一早上看一遍，变差的问一问。')
  await analyst.getByRole('button', { name: '放上去' }).click()
  await analyst.locator('.grid > li').nth(5).waitFor(soon)
  await analyst.locator('.grid .number .figure').waitFor(soon)
  await analyst.locator('.grid figure [role=img] svg').first().waitFor(soon)
  await analyst.locator('.grid .maplibregl-canvas').waitFor({ timeout: 30_000 })
  await findings.at(analyst, 'board-editing')

  // By keys: the text, which is last, goes to the front. Focus stays on it.
  await analyst.locator('.grip').nth(5).focus()
  await analyst.keyboard.press('Home')
  assert.equal((await order(analyst))[0].slice(0, 4), '每周一早')
  assert.equal(await analyst.locator('.grip').first().evaluate((x) => x === document.activeElement), true, 'the focus goes with the tile')
  // By hand: the second goes where the third is.
  const before = await order(analyst)
  await analyst.locator('.grip').nth(1).dragTo(analyst.locator('.grid > li').nth(2))
  const after = await order(analyst)
  assert.deepEqual([after[1], after[2]], [before[2], before[1]], 'a tile that is dragged changes its place')
  await analyst.getByRole('group', { name: /维修按时完成率.*宽度/ }).getByRole('button', { name: '3 列' }).click()
  await analyst.locator('.grid > li.wide-3').nth(1).waitFor(soon)
  // Taken off, and had back where it was.
  await analyst.getByRole('button', { name: '移除“群众满意度”' }).click()
  await analyst.getByText('已移除“群众满意度”。').waitFor(soon)
  assert.equal((await order(analyst)).length, 5)
  await analyst.getByRole('button', { name: '撤销' }).click()
  assert.deepEqual(await order(analyst), after)
  await analyst.getByLabel('谁能看').selectOption('*')
  const kept = analyst.waitForResponse((r) => r.url().includes('/api/measure/boards/') && r.request().method() === 'PUT')
  await analyst.getByRole('button', { name: '完成', exact: true }).click()
  await kept
  await analyst.reload()
  await analyst.locator('.grid .number .figure').waitFor(soon)
  assert.deepEqual(await order(analyst), after, 'what was put in order stays so')
  assert.equal(await analyst.locator('h1').innerText(), '每周看一眼')

  // Of one district, by the address.
  await analyst.getByLabel('区域', { exact: true }).selectOption(chaoyang)
  await analyst.waitForURL(new RegExp(`region=${chaoyang}`), soon)
  const figure = analyst.locator('.number .figure')
  await figure.waitFor(soon)
  const address = analyst.url()
  // Live: a fact that is committed changes the number, with nothing reloaded.
  const month = await analyst.locator('.number .unit').last().innerText()
  const [year, m] = month.match(/\d+/g)
  const was = await figure.innerText()
  await ask(analyst, 'POST', '/api/measure/facts', { facts: [{ element: 'complaint.count', unit: chaoyang, period: `${year}-${m.padStart(2, '0')}`, value: 3452, reason: '' }] })
  await analyst.waitForFunction((was) => document.querySelector('.number .figure')?.innerText !== was, was, soon)
  assert.match(await figure.innerText(), /^10\.00/)
  await findings.at(analyst, 'board-district')

  // Another opens it by the same address, cannot change it, and makes a copy of their own.
  await other.goto(address)
  await other.locator('.number .figure').waitFor(soon)
  assert.equal(await other.getByRole('button', { name: '编辑' }).count(), 0, 'a board that is shared is not the reader’s to change')
  await other.getByRole('button', { name: '复制' }).click()
  await other.locator('h1', { hasText: '每周看一眼（副本）' }).waitFor(soon)
  await other.goto(`${base}/console/assessment/boards`)
  await other.getByRole('button', { name: '删除“每周看一眼（副本）”' }).click()
  await other.getByText('已删除“每周看一眼（副本）”。').waitFor(soon)
  await other.getByRole('button', { name: '撤销' }).click()
  await other.getByRole('link', { name: '每周看一眼（副本）' }).waitFor(soon)
  await findings.at(other, 'boards')
  return new URL(address).pathname.replace('/console', '')
}
