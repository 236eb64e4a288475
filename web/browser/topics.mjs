// Text answers sorted by topic in a browser: dragged, moved from a menu and by keys, split off,
// renamed, merged, undone; masked in quotes, and kept in the results.
import assert from 'node:assert/strict'
import { answered, ask, content, fielded } from './sealed.mjs'

const wish = { id: 'wish', kind: 'text', title: { zh: '您有什么建议？', en: 'What do you suggest?' } }
const wishes = ['喇叭声音太小听不清', '设备坏了没有人维修', '请王主任打 13800001111 叫人维修设备']

/** Walks it; pages are of an analyst and a leader who are signed in. */
export async function topics({ node, analyst, leader, findings }) {
  const id = await fielded(analyst, leader, '意见征集', [content, wish], { anybody: true })
  await Promise.all(Array.from({ length: 14 }, (_, i) => answered(node.base, id, '', { good: 'yes', wish: wishes[i === 3 ? 2 : i % 2] })))
  const path = `/api/measure/surveys/${id}`
  const closed = await ask(analyst, 'POST', `${path}/close`, undefined, (await ask(analyst, 'GET', path)).etag)
  assert.equal(closed.status, 200, closed.text)

  await analyst.goto(`${node.base}/console/assessment/surveys/${id}/results`)
  await analyst.getByRole('button', { name: '逐条整理' }).click()
  const board = analyst.locator('.board')
  await board.getByText('▇主任打 ▇ 叫人').waitFor() // who it is, is masked
  const counts = async () => (await board.locator('section .count').allTextContents()).map((x) => parseInt(x, 10))
  const until = async (want) => {
    await analyst.waitForFunction((w) => [...document.querySelectorAll('.board section .count')].map((x) => parseInt(x.textContent, 10)).join() === w, want.join())
    assert.deepEqual(await counts(), want)
  }
  const column = (n) => board.locator('section').nth(n)
  await until([7, 7, 0])

  await column(0).locator('li').first().dragTo(column(1).locator('header'))
  await until([6, 8, 0])
  await column(0).locator('li input').first().focus()
  await analyst.keyboard.press('Alt+ArrowRight')
  await until([5, 9, 0])
  await board.getByRole('button', { name: '撤销' }).click()
  await until([6, 8, 0])
  for (const n of [0, 1]) await column(1).locator('li input').nth(n).check()
  await board.getByLabel('新主题的名称').fill('找不到人')
  await findings.at(analyst, 'topics-board')
  await board.getByRole('button', { name: '拆成新主题' }).click()
  await until([6, 6, 2, 0])
  await column(2).getByText('太少').waitFor()
  await column(0).locator('li input').first().check()
  await board.getByLabel('移到').selectOption({ label: '找不到人' })
  await until([5, 6, 3, 0])
  await column(2).getByLabel('并入').selectOption({ index: 2 })
  await until([5, 9, 0])
  await column(1).getByLabel('主题名称').fill('维修')
  await column(1).getByLabel('主题名称').press('Enter')
  const told = analyst.locator('.cell').getByText('维修', { exact: true }) // as results tell it
  await told.waitFor()
  await analyst.reload()
  await told.waitFor()
  return id
}
