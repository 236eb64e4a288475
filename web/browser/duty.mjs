// The duty desk: a call by telephone sounds at a desk until the officer takes it, the leader
// countersigns it on a page as wide as a phone, and the shift is handed over by two signatures.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'

const soon = { timeout: 60_000 }

/** Asks the API as the person whose page it is. */
const ask = (page, method, path, body) => page.evaluate(async ([m, p, b]) => {
  const answer = await fetch(p, { method: m, headers: { 'Content-Type': 'application/json' }, body: b && JSON.stringify(b) })
  if (!answer.ok) throw new Error(`${m} ${p}: ${answer.status} ${await answer.text()}`)
  return answer.status === 204 ? undefined : answer.json()
}, [method, path, body])

/** Two seconds of a tone as a WAV file. */
function voice() {
  const rate = 16_000
  const sound = Buffer.alloc(44 + rate * 4)
  sound.write('RIFF', 0)
  sound.writeUInt32LE(sound.length - 8, 4)
  sound.write('WAVEfmt ', 8)
  for (const [at, value, wide] of [[16, 16, 4], [20, 1, 2], [22, 1, 2], [24, rate, 4], [28, rate * 2, 4], [32, 2, 2], [34, 16, 2], [40, rate * 4, 4]]) sound.writeUIntLE(value, at, wide)
  sound.write('data', 36)
  for (let i = 0; i < rate * 2; i++) sound.writeInt16LE(Math.round(8000 * Math.sin(i / 6)), 44 + i * 2)
  return sound
}

/** Calls by a telephone gateway, as docs/duty.zh-CN.md says. */
async function call(base, gateway, said) {
  const [header, stamp, sound] = [JSON.stringify(said), String(Math.floor(Date.now() / 1000)), voice()]
  const signature = `sha256=${createHmac('sha256', gateway.secret).update(`${stamp}.${header}.`).update(sound).digest('hex')}`
  const answer = await fetch(`${base}/api/phone/calls`, { method: 'POST', body: sound, headers: { 'Content-Type': 'application/octet-stream',
    'X-Tongsheng-Gateway': gateway.id, 'X-Tongsheng-Timestamp': stamp, 'X-Tongsheng-Call': header, 'X-Tongsheng-Signature': signature } })
  assert.equal(answer.status, 200, await answer.clone().text())
  return answer.json()
}

/** Both have just signed in, so their second factors are fresh. */
export async function duty({ node, officer, leader, findings }) {
  const place = '110000000000'
  const post = await ask(leader, 'POST', '/api/duty/posts', { name: '市应急广播值班台', purpose: 'desk', regionCode: place })
  await ask(leader, 'POST', '/api/duty/posts', { name: '市新闻值守', purpose: 'newsroom', regionCode: place, severities: ['red', 'orange'], minutes: 30 })
  const people = (await ask(leader, 'GET', `/api/duty/posts/${post.id}/people`)).items
  const me = (await ask(officer, 'GET', '/api/session')).user
  assert.ok(people.some((p) => p.id === me.id), 'the officer may be put on the roster')
  const day = (n) => new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10)
  await ask(leader, 'POST', `/api/duty/posts/${post.id}/turns`, { from: day(-1), until: day(9), days: [1, 2, 3, 4, 5, 7], changes: ['08:00', '20:00'], people: people.map((p) => p.id) })
  await ask(leader, 'PUT', `/api/duty/posts/${post.id}/people/${me.id}`, { number: '13800000001' })
  await ask(officer, 'PUT', '/api/duty/pin', { pin: '274913' })
  const gateway = await ask(officer, 'POST', '/api/duty/gateways', { kind: 'phone', name: '值班电话网关', regionCode: place })

  await officer.goto(`${node.base}/console/delivery/duty?part=shift`)
  await officer.getByRole('listitem').filter({ hasText: '市应急广播值班台' }).getByRole('button', { name: '到岗' }).click()
  await officer.getByRole('button', { name: '签交班' }).waitFor(soon)

  // It sounds on every page, and one key takes it.
  await officer.goto(`${node.base}/console/`)
  const taken = await call(node.base, gateway, { call: 'browser-1', caller: '138-0000-0001', pin: '274913', event: '10203', level: 2, region: '110105' })
  assert.equal(taken.state, 'waiting')
  await officer.locator('.duty.calls').waitFor(soon)
  await officer.waitForFunction(() => /^\(\d+\) 有事项待处理/.test(document.title), undefined, soon)
  await officer.locator('.duty .mark').click()
  const row = officer.locator('.queue li', { hasText: '暴雨橙色预警' })
  await row.and(officer.locator('.sounds')).waitFor(soon)
  await officer.keyboard.press('t')
  await row.getByText('已受理').waitFor(soon)
  await officer.locator('.duty.calls').waitFor({ state: 'detached', ...soon })
  await officer.locator('.item audio').first().waitFor(soon)
  await findings.at(officer, 'duty-queue')

  // One thumb is enough.
  await leader.setViewportSize({ width: 360, height: 740 })
  await leader.goto(`${node.base}/console/sign/${taken.message}`)
  await leader.getByRole('button', { name: '会签', exact: true }).click()
  await leader.getByLabel(/请输入/).fill('橙色')
  await findings.at(leader, 'sign-phone')
  // The news of it outruns its answer.
  await leader.route('**/countersign', async (route) => {
    const answer = await route.fetch()
    await leader.getByText('这条消息现在不由您会签。').waitFor(soon)
    await route.fulfill({ response: answer })
  }, { times: 1 })
  await leader.locator('form.confirm').getByRole('button', { name: '会签', exact: true }).click()
  await leader.getByText('已会签。').waitFor(soon)
  await leader.setViewportSize({ width: 1440, height: 900 })

  // The giver signs, the taker reads and signs.
  await officer.goto(`${node.base}/console/delivery/duty?part=shift`)
  await officer.getByRole('button', { name: '签交班' }).click()
  await officer.getByLabel('交代事项').fill('朝阳区暴雨橙色预警在播，留意积水点。')
  await officer.getByLabel(/请输入/).fill('交班')
  await officer.locator('form.confirm').getByRole('button', { name: '签交班' }).click()
  await officer.getByText(/已签交班/).waitFor(soon)
  await leader.goto(`${node.base}/console/delivery/duty?part=shift`)
  await leader.getByRole('button', { name: '接班', exact: true }).click()
  await leader.getByText('朝阳区暴雨橙色预警在播，留意积水点。').waitFor(soon)
  await leader.getByRole('button', { name: '签接班' }).click()
  await leader.getByLabel(/请输入/).fill('接班')
  await leader.locator('form.confirm').getByRole('button', { name: '签接班' }).click()
  await leader.locator('button.past').first().click()
  await leader.getByText('签字核验通过').waitFor(soon)
  await findings.at(leader, 'duty-handover')

  // A post is called otherwise by keyboard, and given up once its shift is closed; the shift that is over keeps its name.
  await leader.goto(`${node.base}/console/delivery/duty?part=roster`)
  await leader.getByRole('button', { name: '修改 市应急广播值班台' }).press('Enter')
  await leader.getByRole('textbox', { name: '名称' }).fill('市应急指挥席')
  await leader.getByRole('textbox', { name: '名称' }).press('Enter')
  await leader.getByRole('button', { name: '撤销 市应急指挥席' }).press('Enter')
  await leader.getByText('岗位空缺后才能撤销').waitFor(soon)
  const shifts = (await ask(leader, 'GET', '/api/duty/shifts')).items
  assert.deepEqual(shifts.map((s) => s.postName), ['市应急指挥席', '市应急广播值班台'])
  await ask(leader, 'POST', '/api/duty/posts', { name: '临时席', purpose: 'desk', regionCode: place })
  await leader.reload()
  await leader.getByRole('button', { name: '撤销 临时席' }).press('Enter')
  await findings.at(leader, 'duty-retire')
  await leader.getByLabel(/请输入/).fill('临时席')
  await leader.keyboard.press('Enter')
  await leader.getByRole('button', { name: '撤销 临时席' }).waitFor({ state: 'detached', ...soon })
  return taken.message
}
