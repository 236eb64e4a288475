// A standard, from a copy of the city's list to the citizens' page: an item with a threshold is
// drafted and its impact read, a party's letter is entered and answered, another approves it, it is
// published, and the public reads it. Words are those of the Chinese pages.
import assert from 'node:assert/strict'

const soon = { timeout: 30_000 }
const day = (days) => new Date(Date.now() + days * 86_400_000).toLocaleDateString('sv-SE', { timeZone: 'Asia/Shanghai' })

/** States facts as the person who is signed in. */
const state = (page, facts) => page.evaluate(async (body) => {
  const answer = await fetch('/api/measure/facts', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
  if (!answer.ok) throw new Error(await answer.text())
}, JSON.stringify({ facts }))

/** Types the word that a step asks for, and takes it. */
async function confirm(page, word, act) {
  const form = page.locator('form.confirm')
  await form.getByText(word, { exact: false }).first().waitFor(soon)
  await form.getByLabel(/请输入/).fill(word)
  await form.getByRole('button', { name: act, exact: true }).click()
}

const stands = (page, word) => page.locator('.version .tag', { hasText: word }).waitFor(soon)

/** @returns the address of the standard */
export async function standards({ base, officer, chief, findings }) {
  await state(officer, [...[['110101000000', 30], ['110105000000', 22]].map(([unit, value]) => ({ element: 'service.cable_channels', unit, period: '2026Q3', value }))])
  await officer.goto(`${base}/console/standards/owed`)
  await officer.getByRole('row', { name: /国家基本公共服务标准/ }).waitFor(soon)
  await findings.at(officer, 'standards')
  await officer.getByRole('link', { name: '新建标准' }).first().click()
  await officer.getByLabel('中文名称').fill('有线电视服务增项（测试）')
  await officer.getByLabel('英文名称').fill('Cable as a service (test)')
  await officer.getByLabel('代号').fill('TEST-1')
  await findings.at(officer, 'standard-new')
  await officer.getByRole('button', { name: '开始起草' }).click()
  await stands(officer, '草稿')

  await officer.getByRole('button', { name: '编辑', exact: true }).click()
  await officer.getByLabel('施行日').fill(day(60)) // comments close before it
  await officer.getByRole('button', { name: '加一条' }).click()
  for (const [label, text] of [['名称（中文）', '有线电视'], ['名称（英文）', 'Cable'], ['内容（中文）', '有线电视基本频道不少于25个。'], ['内容（英文）', 'At least 25 basic cable channels.'], ['责任主体（中文）', '有线电视运营商'],
    ['责任主体（英文）', 'Cable operators'], ['服务对象（中文）', '全体居民'], ['服务对象（英文）', 'All residents'], ['依据与条款（中文）', '《公共文化服务保障法》第二十八条']]) await officer.getByLabel(label, { exact: true }).fill(text)
  await officer.getByLabel('指标', { exact: true }).selectOption({ label: '有线电视基本频道' })
  await officer.getByLabel('各地的门槛', { exact: true }).fill('25')
  await officer.getByRole('button', { name: '测算这一条的影响' }).click()
  await officer.getByText(/达标 15，未达标 1（涉及/).waitFor(soon)
  await findings.at(officer, 'standard-edit')
  await officer.keyboard.press('Control+s')
  await officer.getByText('已保存').waitFor(soon)
  await officer.getByRole('button', { name: '完成编辑' }).click()

  await officer.getByRole('button', { name: '征求意见', exact: true }).click()
  await officer.getByLabel('邀请的单位和个人').fill('市残联\n歌华有线')
  await officer.getByLabel('公众把意见发到哪里').fill('市局标准处')
  await officer.locator('form.entry').getByRole('button', { name: '征求意见' }).click()
  await stands(officer, '征求意见')
  await officer.getByRole('tab', { name: /意见/ }).click()
  await officer.getByLabel('单位或个人').fill('歌华有线')
  await officer.getByLabel('理由').fill('山区频道数有困难，建议分区定门槛。')
  await officer.getByLabel('文号、会议日期').fill('函〔2026〕12号')
  await officer.getByRole('button', { name: '记下意见' }).click()
  await officer.getByText('山区频道数有困难').waitFor(soon)
  const draft = await (await officer.context().browser().newContext({ locale: 'zh-CN' })).newPage()
  await draft.goto(`${base}/owed`)
  await draft.getByRole('link', { name: '有线电视服务增项（测试）' }).click()
  await draft.getByText('这是征求意见稿，还没有生效').waitFor(soon)
  await draft.getByText('按“有线电视基本频道”看，每个区应不少于 25 个。').waitFor(soon)
  await officer.getByRole('button', { name: '答复', exact: true }).click()
  await officer.getByLabel('部分采纳').check()
  await officer.getByLabel('怎么处理、为什么').fill('下一版研究分区门槛。')
  await officer.locator('form.entry').getByRole('button', { name: '答复', exact: true }).click()
  await officer.getByText('下一版研究分区门槛').waitFor(soon)
  await findings.at(officer, 'standard-comments')
  await officer.getByRole('button', { name: '结束征求意见' }).click()
  await officer.getByText(/还有 30 天。现在结束/).waitFor(soon)
  await confirm(officer, '结束', '结束征求意见')
  await stands(officer, '草稿')
  await officer.getByRole('button', { name: '编辑', exact: true }).click()
  await officer.locator('details.frame > summary').click()
  await officer.getByLabel('施行日').fill(day(0))
  await officer.keyboard.press('Control+s')
  await officer.getByText('已保存').waitFor(soon)
  await officer.getByRole('button', { name: '完成编辑' }).click()
  await officer.getByRole('button', { name: '提交批准' }).click()
  await officer.locator('form.confirm').getByText(/至少有一条未达标/).waitFor(soon)
  await confirm(officer, '提交', '提交批准')
  await stands(officer, '待批准')
  assert.equal(await officer.getByRole('button', { name: '批准', exact: true }).count(), 0, 'nobody approves what they wrote')
  const path = new URL(officer.url()).pathname

  await chief.goto(base + path)
  await chief.getByRole('tab', { name: '影响' }).click()
  await chief.getByText(/1 个区域未达标/).waitFor(soon)
  await chief.locator('canvas').first().waitFor(soon)
  await findings.at(chief, 'standard-impact')
  await chief.getByRole('button', { name: '批准', exact: true }).click()
  await confirm(chief, '批准', '批准')
  await stands(chief, '已批准')
  await chief.getByRole('button', { name: '退回', exact: true }).click() // as long as it is not published
  assert.equal(await chief.locator('form.confirm').getByText('个区域').count(), 0, 'what is sent back binds nobody')
  await findings.at(chief, 'standard-send-back')
  await chief.locator('form.confirm').getByRole('button', { name: '取消', exact: true }).click()
  await officer.goto(base + path)
  await officer.getByRole('button', { name: '发布', exact: true }).click()
  await confirm(officer, '发布', '发布')
  await stands(officer, '现行')
  assert.match(officer.url(), /[?&]v=1(&|$)/, 'whoever published a version stays at it')
  await officer.locator('.steps').getByText(/批准.*发布/).waitFor(soon) // who did it stands there
  await findings.at(officer, 'standard-in-force')

  await draft.goto(`${base}/place/110105000000`)
  await draft.getByRole('button', { name: '我住在这里，记住它' }).click()
  await draft.goto(`${base}/owed`)
  await draft.getByText('朝阳区还没有做到：现在 22 个，应不少于 25 个').waitFor(soon)
  await draft.context().close()
  return path
}
