// A technician on the spot: work taken along on a telephone, a repair with photographs without a
// network, the page killed in the middle, everything sent once when there is one again; a case that
// was withdrawn meanwhile, whose deed is kept and sent as a comment; a telephone that two share.
import assert from 'node:assert/strict'
import { enter, signIn } from './mainjob.mjs'
import { ask } from './returns.mjs'

const soon = { timeout: 20_000 }
const tag = Date.now().toString(36).slice(-4) // a node may be walked again
const [hill, gate] = [`山上的喇叭不响了 ${tag}`, `门口的喇叭声音小 ${tag}`]
const view = { width: 360, height: 740 }

/** A photograph as large as cameras make them. */
const photo = async (page) => ({ name: 'IMG_0001.png', mimeType: 'image/png', buffer: Buffer.from(await page.evaluate(async () => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 2400, height: 1800 })
  const pen = canvas.getContext('2d')
  for (let i = 0; i < 40; i++) { pen.fillStyle = `hsl(${i * 9} 60% 50%)`; pen.fillRect(i * 60, 0, 60, 1800) }
  return [...new Uint8Array(await (await new Promise((made) => canvas.toBlob(made, 'image/png'))).arrayBuffer())]
})) })

/** The work of two technicians, given by a dispatcher. */
async function assigned(desk, what, device) {
  const { body: { items } } = await ask(desk, 'GET', '/api/casework/candidates?post=technician&region=110101000000')
  const technician = items.find((p) => p.name.startsWith('李师傅')).id
  const { body: { id } } = await ask(desk, 'POST', '/api/casework/cases', { type: 'repair', start: 'report', subject: device, data: { kind: 'speaker', what, name: '张大姐', phone: '010-5550188' } })
  await ask(desk, 'POST', `/api/casework/cases/${id}/steps`, { step: 'triage', data: { urgency: 'emergency', technician } })
  return id
}

const history = async (desk, id) => (await ask(desk, 'GET', `/api/casework/cases/${id}/history`)).body.items.flatMap((h) => h.events)
const open = async (phone, what) => {
  if (await phone.getByRole('button', { name: '← 返回' }).count()) await phone.getByRole('button', { name: '← 返回' }).click()
  const next = phone.locator('.card', { hasText: what })
  await phone.getByText(what).first().waitFor(soon)
  await ((await next.count()) ? next.getByRole('button', { name: '打开' }) : phone.getByRole('button', { name: what })).click()
  await phone.getByRole('heading', { name: what, level: 1 }).waitFor(soon)
}

/** Signs in from the page, to which the way leads back. */
async function arrive(phone, node, name) {
  await phone.getByRole('link', { name: '登录' }).click()
  await enter(phone, node, name)
  await phone.waitForURL(/\/task\//, soon)
}

export async function task({ node, browser, findings }) {
  const { base } = node
  const desk = await (await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN' })).newPage()
  findings.watch(desk, 'dispatcher')
  await signIn(desk, node, 'dispatcher')
  const device = (await ask(desk, 'GET', '/api/assets?kind=loudspeaker&limit=1')).body.items[0]
  const [mended, withdrawn] = [await assigned(desk, hill, device.code), await assigned(desk, gate, device.code)]

  const context = await browser.newContext({ viewport: view, isMobile: true, hasTouch: true, locale: 'zh-CN', colorScheme: 'light', permissions: ['geolocation'], geolocation: { latitude: 39.93, longitude: 116.41, accuracy: 12 } })
  const fresh = async () => {
    const page = await context.newPage()
    findings.watch(page, 'technician')
    await page.goto(`${base}/task/`)
    return page
  }
  let phone = await fresh()
  await phone.getByRole('link', { name: '登录' }).waitFor(soon)
  await findings.at(phone, 'task-first')
  await arrive(phone, node, 'technician')
  await phone.getByRole('heading', { name: '下一件' }).waitFor(soon)
  await phone.waitForFunction(() => navigator.serviceWorker.ready.then(() => caches.match('/task/')).then(Boolean), undefined, soon)
  await phone.getByText('公里').or(phone.getByText(' 米')).first().waitFor(soon)
  await phone.getByRole('button', { name: '调整顺序' }).click()
  await phone.getByRole('button', { name: '按远近排' }).click()
  await phone.getByRole('button', { name: /^下移：/ }).first().click()
  await findings.at(phone, 'task-order')
  await phone.getByRole('button', { name: '按时限排' }).click()
  await phone.getByRole('button', { name: '调整顺序' }).click()
  await findings.at(phone, 'task-list')

  // The network is gone, and the page opens all the same.
  await context.setOffline(true)
  await phone.reload()
  await phone.getByText('没有网络。照常做').waitFor(soon)
  await open(phone, hill)
  assert.equal(await phone.getByRole('link', { name: /张大姐 010-5550188/ }).getAttribute('href'), 'tel:010-5550188')
  await findings.at(phone, 'task-case')
  await phone.getByRole('button', { name: '到场', exact: true }).click()
  await phone.getByRole('button', { name: '用我现在的位置' }).click()
  await phone.getByText('116.41').waitFor(soon)
  await phone.getByLabel('拍照：修前照片').setInputFiles(await photo(phone))
  await phone.locator('.files img').waitFor(soon)
  await findings.at(phone, 'task-arrive')
  await phone.getByRole('button', { name: '到场', exact: true }).click()
  await phone.getByText('维修中').first().waitFor(soon) // as it will stand
  await phone.getByRole('button', { name: '修复', exact: true }).click()
  await phone.getByRole('button', { name: '修复', exact: true }).click()
  await phone.getByText('有 2 处要改').waitFor(soon)
  await findings.at(phone, 'task-faults')
  await phone.getByLabel('供电').check()
  await phone.getByLabel(/做了什么/).fill('换了电源模块')
  await phone.getByRole('button', { name: '加一项' }).click()
  await phone.getByLabel('备件编号').fill('PSU-24V-3A')
  await phone.getByLabel('数量').fill('1')
  await phone.close() // killed with a form half filled in

  phone = await fresh()
  await phone.getByRole('button', { name: /件等待送出/ }).click()
  await phone.getByRole('button', { name: '接着填' }).click()
  assert.equal(await phone.getByLabel('备件编号').inputValue(), 'PSU-24V-3A')
  await phone.getByLabel('拍照：修后照片').setInputFiles(await photo(phone))
  await phone.locator('.files img').waitFor(soon)
  await phone.getByRole('button', { name: '修复', exact: true }).click()
  await phone.getByText('待确认').first().waitFor(soon)

  // Another case is done, which its reporter takes back meanwhile.
  await open(phone, gate)
  await phone.getByRole('button', { name: '到场', exact: true }).click()
  await phone.getByLabel('拍照：修前照片').setInputFiles(await photo(phone))
  await phone.locator('.files img').waitFor(soon)
  await phone.getByRole('button', { name: '到场', exact: true }).click()
  await phone.getByText('维修中').first().waitFor(soon)
  await ask(desk, 'POST', `/api/casework/cases/${withdrawn}/steps`, { step: 'withdraw' })
  await phone.getByRole('button', { name: '← 返回' }).click()
  await phone.getByRole('button', { name: '3 件等待送出' }).click()
  await findings.at(phone, 'task-waiting')
  assert.equal((await history(desk, mended)).filter((e) => e.kind === 'moved').length, 1, 'nothing was sent yet')
  await phone.close()

  // Back: the answer to the first step is lost, and all arrives once.
  let lost = 0
  await context.route(`**/api/casework/cases/${mended}/steps`, async (route) => {
    if (lost++ === 0) {
      await route.fetch()
      return route.abort()
    }
    return route.continue()
  })
  await context.setOffline(false)
  phone = await fresh()
  const stuck = phone.getByRole('button', { name: '1 件没有被接收，请看一看' })
  for (let tries = 0; tries < 20 && !(await stuck.isVisible()); tries++) { // sooner than by itself
    await phone.getByRole('button', { name: '现在送出' }).click({ timeout: 1000 }).catch(() => undefined)
    await phone.waitForTimeout(300)
  }
  await stuck.waitFor(soon)
  assert.ok(lost > 1, 'the first step was sent again')
  const events = await history(desk, mended)
  assert.deepEqual(events.filter((e) => e.kind === 'moved').map((e) => e.step), ['triage', 'arrive', 'repair'])
  const { body: after } = await ask(desk, 'GET', `/api/casework/cases/${mended}`)
  assert.equal(after.state, 'repaired')
  assert.deepEqual(after.data.parts, [{ part: 'PSU-24V-3A', count: 1 }])
  const { body: { items: files } } = await ask(desk, 'GET', `/api/casework/cases/${mended}/files`)
  assert.deepEqual(files.map((f) => f.media), ['image/jpeg', 'image/jpeg'])
  assert.ok(events.find((e) => e.step === 'arrive').text, 'it says when it was done')

  // What the platform refused is kept with the reason, and sent as a comment with its photograph.
  await stuck.click()
  await phone.getByText(/现在是“已撤回”/).first().waitFor(soon)
  await findings.at(phone, 'task-stuck')
  await phone.getByRole('button', { name: '作为留言送出' }).click()
  await phone.getByText('没有等待送出的').waitFor(soon)
  const said = (await history(desk, withdrawn)).find((e) => e.kind === 'commented')
  assert.match(said.text, /在现场做了“到场”/)
  assert.equal(said.files.length, 1)
  findings.pardon(/409 .*\/steps/)

  // The label of a device leads to what happened to it.
  await phone.goto(`${base}/task/?device=${device.code}`)
  await phone.getByRole('heading', { name: device.name }).waitFor(soon)
  await phone.getByRole('button', { name: hill }).first().waitFor(soon)
  await findings.at(phone, 'task-device')

  // A telephone that two share: what the one left unsent the other neither sees nor sends.
  await phone.getByRole('button', { name: hill }).first().click()
  await context.setOffline(true)
  await phone.getByRole('button', { name: '留言、补照片' }).click()
  await phone.getByLabel('要说什么').fill('钥匙在门卫处')
  await phone.getByRole('button', { name: '留言', exact: true }).click()
  await phone.getByRole('button', { name: '← 返回' }).click()
  await phone.getByRole('button', { name: '退出登录' }).click()
  await context.setOffline(false)
  await arrive(phone, node, 'technician2')
  await phone.getByText('现场任务 · 陈师傅').waitFor(soon)
  await phone.getByText('别的账号没送出的 1 件').waitFor(soon)
  await phone.getByRole('heading', { name: '下一件' }).waitFor(soon)
  assert.equal(await phone.getByText(hill).count(), 0)
  await phone.emulateMedia({ colorScheme: 'dark' })
  await phone.getByRole('button', { name: 'English' }).click()
  await findings.at(phone, 'task-other-dark')
  await phone.getByRole('button', { name: '中文' }).click()
  assert.ok(!(await history(desk, mended)).some((e) => e.kind === 'commented'))
  await phone.getByRole('button', { name: '退出登录' }).click()
  await arrive(phone, node, 'technician')
  await phone.getByText('已送达 1 件').waitFor(soon)
  assert.equal((await history(desk, mended)).filter((e) => e.kind === 'commented').length, 1)
  findings.pardon(/net::ERR_INTERNET_DISCONNECTED/) // the network that it cut
  await context.close()
  await desk.context().close()
}
