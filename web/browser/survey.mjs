// A survey in a browser: an analyst writes it, a leader approves it, it is opened, a citizen
// answers on the portal, it is closed and its results are read; and the sample's published ones.
import assert from 'node:assert/strict'
import { signIn } from './mainjob.mjs'

/** Takes a step of a survey: its button, then the word that it asks for. */
export async function step(page, act, word) {
  await page.getByRole('button', { name: act }).first().click()
  await page.getByLabel(`要继续，请输入“${word}”`).fill(word)
  await page.locator('.confirm').getByRole('button', { name: act }).click()
  await page.locator('.confirm').waitFor({ state: 'detached' })
}

const name = '社区活动调查'

/** Walks it; officers are pages of signed-out browsers. */
export async function survey({ node, analyst, leader, citizen, findings }) {
  await signIn(analyst, node, 'analyst')
  await signIn(leader, node, 'leader')
  await analyst.goto(`${node.base}/console/assessment/surveys`)
  await analyst.getByRole('button', { name: '新调查' }).click()
  await analyst.getByLabel('中文名称').fill(name)
  await analyst.getByLabel('英文名称').fill('Community activities')
  await analyst.getByRole('button', { name: '建立并写问卷' }).click()

  // Two questions, the second only for those who say yes to the first.
  const kinds = analyst.getByLabel('题目的种类')
  const add = analyst.getByRole('button', { name: '添加题目' })
  await kinds.selectOption('single')
  await add.click()
  await analyst.getByLabel('题目（中文）').fill('您参加过社区活动吗？')
  await analyst.getByLabel('题目（英文）').fill('Have you been to an activity?')
  for (const [i, zh, en] of [[1, '参加过', 'Yes'], [2, '没有', 'No']]) {
    await analyst.getByLabel(`选项 ${i} 中文`).fill(zh)
    await analyst.getByLabel(`选项 ${i} 英文`).fill(en)
  }
  await analyst.getByLabel('必答', { exact: true }).check()
  await kinds.selectOption('text')
  await add.click()
  await analyst.getByLabel('题目（中文）').fill('您喜欢哪一次？')
  await analyst.getByLabel('题目（英文）').fill('Which did you like?')
  await analyst.getByRole('button', { name: '加条件' }).click()
  await analyst.getByText('“您参加过社区活动吗？”是参加过').waitFor()
  const phone = analyst.getByRole('region', { name: '手机预览' })
  await phone.getByRole('button', { name: '重来' }).click()
  await phone.getByLabel('没有').check()
  await phone.getByRole('button', { name: '下一页' }).click()
  await phone.getByText('问卷到此结束').waitFor() // the branch leads past the second question
  await analyst.getByRole('button', { name: '保存' }).click()
  await analyst.locator('button:has-text("保存"):disabled').waitFor()
  await findings.at(analyst, 'survey-builder')
  const address = new URL(analyst.url())
  const id = address.pathname.split('/')[4]

  await analyst.getByRole('link', { name: '设置', exact: true }).click()
  await findings.at(analyst, 'survey-settings')
  await analyst.getByLabel('任何人可通过网页作答，不需要邀请').check()
  await analyst.getByLabel('目的').fill('了解社区活动。')
  await analyst.getByLabel('隐私告知（中文）').fill('不记名，只保存回答和所在的区。')
  await analyst.getByLabel('隐私告知（英文）').fill('Anonymous: only answers and districts are kept.')
  // What is typed is not left unasked, for another tab or for what was there before.
  await analyst.getByRole('link', { name: '抽样' }).click()
  const asked = analyst.getByRole('alertdialog')
  await asked.getByRole('button', { name: '继续编辑' }).click()
  assert.equal(await analyst.getByLabel('目的').inputValue(), '了解社区活动。')
  await analyst.goBack()
  assert.ok(await asked.getByRole('button', { name: '继续编辑' }).evaluate((b) => b === document.activeElement), 'the question has the focus')
  await asked.getByRole('button', { name: '继续编辑' }).click()
  assert.match(analyst.url(), /settings|surveys\/[A-Z0-9]+$/)
  await analyst.getByRole('button', { name: '保存' }).click()
  await analyst.getByText('已保存。').waitFor()
  await analyst.getByRole('link', { name: '抽样' }).click()
  await analyst.getByText(/需要 .* 份答卷/).waitFor()
  await analyst.getByRole('button', { name: '采用这个方案' }).click()
  await analyst.getByLabel('种子，如某期彩票号码').fill('03 11 19 24 30')
  await analyst.getByRole('button', { name: '抽取村居' }).click()
  await analyst.getByText(/已抽取 \d+ 个村居/).waitFor()

  await findings.at(analyst, 'survey-plan')

  await leader.goto(`${node.base}/console/assessment/surveys/${id}/form`)
  await step(leader, '批准问卷', '批准')
  await leader.getByText('已批准').first().waitFor()
  await analyst.reload()
  await step(analyst, '开始调查', '开始')
  await analyst.getByText('进行中').first().waitFor()

  // A citizen answers, one question to a page.
  await citizen.goto(`${node.base}/survey/${id}`)
  await citizen.getByText('不记名').waitFor()
  await citizen.getByLabel('您住在哪里？').selectOption({ label: '朝阳区' })
  await citizen.getByRole('button', { name: '开始' }).click()
  await citizen.getByRole('button', { name: '下一题' }).or(citizen.getByRole('button', { name: '提交' })).click()
  await citizen.getByText('请回答这道题').waitFor()
  await findings.at(citizen, 'survey-question')
  await citizen.getByLabel('参加过').check()
  await citizen.getByRole('button', { name: '提交' }).click()
  await citizen.getByLabel('您喜欢哪一次？').fill('元宵灯会')
  await citizen.waitForTimeout(3000) // nobody answers faster
  await citizen.getByRole('button', { name: '提交' }).click()
  await citizen.getByText('已收到您的回答').waitFor()

  await analyst.getByRole('link', { name: '进度' }).click()
  await analyst.getByText('已收到 1 份答卷').waitFor()
  await findings.at(analyst, 'survey-progress')
  await analyst.getByRole('link', { name: '结果' }).click()
  await analyst.getByText('调查结束后才能看结果').waitFor()
  await step(analyst, '结束调查', '结束')
  await analyst.reload()
  await analyst.getByText('答卷不到 10 份').waitFor() // one answer is told of to nobody

  // The sample's earlier wave: intervals, ranks, topics, a report.
  await analyst.goto(`${node.base}/console/assessment/surveys`)
  await analyst.getByRole('link', { name: /上一轮/ }).click()
  await analyst.getByRole('link', { name: '结果' }).click()
  await analyst.getByText(/600 份答卷/).waitFor()
  const told = analyst.getByRole('row', { name: /^[\d–]+ \S+区/ })
  const left = Number((await analyst.getByText(/另有 \d+ 个区因人数太少看不出/).first().innerText()).match(/另有 (\d+) 个区/)[1])
  assert.equal(await told.count() + left, 16, 'every district has its row, or is counted among those of whom too few answered')
  await analyst.getByLabel('分组').selectOption('area')
  await analyst.getByText('城镇').first().waitFor()
  await findings.at(analyst, 'survey-results')
  const [download] = await Promise.all([analyst.waitForEvent('download'), analyst.getByRole('link', { name: 'PDF' }).click()])
  assert.match(download.suggestedFilename(), /\.pdf$/)
}
