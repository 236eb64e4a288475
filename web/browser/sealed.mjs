// A survey whose contacts are sealed, in browsers: a sender brings contacts and hands out links, a
// contact answers and others do, who runs the survey sees the count and reads no contact by any
// operation, who answered is not reminded, one asks not to be written to, and all are deleted.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { signIn } from './mainjob.mjs'

const name = '入户满意度调查'
const people = Array.from({ length: 8 }, (_, i) => `受访${i},1380001000${i},幸福路${i}号,朝阳区,城镇`)

/** Asks the API as who is signed in on a page. */
export const ask = (page, method, path, body, etag) => page.evaluate(async ([method, path, body, etag]) => {
  const headers = { 'Content-Type': 'application/json', ...(etag && { 'If-Match': etag }) }
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) })
  const text = await response.text()
  return { status: response.status, etag: response.headers.get('ETag'), text, body: /^[[{]/.test(text) ? JSON.parse(text) : undefined }
}, [method, path, body, etag])

const title = (zh, en) => ({ zh, en })
export const content = { id: 'good', kind: 'single', required: true, title: title('您满意吗？', 'Are you content?'), choices: [{ id: 'yes', title: title('满意', 'Yes') }, { id: 'no', title: title('不满意', 'No') }] }

/** A survey in the field with a planned sample, made as its two officers make it. */
export async function fielded(analyst, leader, name, questions, { anybody = false, quotas = [] } = {}) {
  const settings = { regionCode: '110000000000', nameZh: name, nameEn: 'Household survey', purpose: '了解您对广播电视服务的看法', noticeZh: '回答不记名。', noticeEn: 'Answers carry no name.', agency: '', opens: '', closes: '', anybody, tv: false, least: 5, by: ['district'], targets: [], headlines: [], before: '', cost: 40, keepContacts: 14 }
  const made = await ask(analyst, 'POST', '/api/measure/surveys', settings)
  assert.equal(made.status, 201, made.text)
  const id = made.body.id
  const path = `/api/measure/surveys/${id}`
  let etag = made.etag
  const put = async (page, method, part, body) => {
    const got = await ask(page, method, path + part, body, etag)
    assert.ok(got.status < 300, `${part}: ${got.text}`)
    etag = (await ask(page, 'GET', path)).etag
  }
  await put(analyst, 'PUT', '/form', { id: '', version: '', languages: ['zh', 'en'], title: title(name, 'Household survey'), pages: [{ questions }], quotas })
  await put(analyst, 'PUT', '/plan', { margin: 0.05, confidence: 0.95, perDistrict: false, allocation: 'power', response: 0.5, each: 10, alike: 0.05, least: 10 })
  await put(leader, 'POST', '/approve')
  await put(analyst, 'POST', '/open')
  return id
}

/** Answers, as a program of the citizens' API does. */
export async function answered(base, id, token, answers) {
  const asked = await (await fetch(`${base}/api/public/surveys/${id}?token=${token}`)).json()
  await new Promise((resolve) => setTimeout(resolve, 3200)) // nobody answers faster
  const got = await fetch(`${base}/api/public/surveys/${asked.id}/answers`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ pass: asked.pass, token, version: asked.version, mode: 'phone', lang: 'zh', place: '', started: Math.floor(Date.now() / 1000), answers }) })
  assert.equal(got.status, 200, await got.text())
}

/** Walks it; pages are of signed-out browsers. */
export async function sealed({ node, sender, analyst, leader, citizen, findings }) {
  await signIn(sender, node, 'sender')
  await signIn(analyst, node, 'analyst')
  await signIn(leader, node, 'leader')
  const id = await fielded(analyst, leader, name, [content], { quotas: [{ id: 'town', strata: ['110105000000.urban'], wanted: 6 }] })

  await sender.goto(`${node.base}/console/assessment/survey-sends`)
  await findings.at(sender, 'sealed-list')
  await sender.getByRole('link', { name }).click()
  const file = join(tmpdir(), `contacts-${process.pid}.csv`)
  writeFileSync(file, `姓名,手机,住址,区,城乡\n${people.join('\n')}\n无名,电话,,朝阳区,城镇\n`)
  await sender.getByLabel('选择文件').setInputFiles(file)
  await sender.getByText('将调入 8 人').waitFor()
  await sender.getByRole('row', { name: /B10 这不是电话号码/ }).waitFor() // the result of a row
  await findings.at(sender, 'sealed-look')
  await sender.getByRole('button', { name: '调入这 8 人' }).click()
  await sender.getByText('已调入 8 人').waitFor()

  const list = async (to) => {
    await sender.getByLabel('写给').selectOption(to)
    await sender.getByLabel('形式').selectOption('csv')
    const [download] = await Promise.all([sender.waitForEvent('download'), sender.getByRole('button', { name: '制作并下载' }).click()])
    return Object.fromEntries(readFileSync(await download.path(), 'utf8').trim().split(/\r?\n/).slice(1).map((line) => [line.split(',')[0], line.split(',')[4].trim()]))
  }
  const links = await list('first')
  assert.equal(Object.keys(links).length, 8)
  const token = (who) => links[who].split('/').at(-1)

  // One answers on a phone; four more by the same door.
  await citizen.setViewportSize({ width: 390, height: 844 })
  await citizen.goto(links['受访0'])
  await citizen.getByText('回答不记名').waitFor()
  await findings.at(citizen, 'sealed-invitation')
  await citizen.getByRole('button', { name: '开始' }).click()
  await citizen.getByLabel('满意', { exact: true }).check()
  await citizen.waitForTimeout(3000)
  await citizen.getByRole('button', { name: '提交' }).click()
  await citizen.getByText('已收到您的回答').waitFor()
  await citizen.goto(links['受访0'])
  await citizen.getByText('这个链接已经用过').waitFor()
  const once = await list('reminder')
  assert.equal(Object.keys(once).length, 8, 'one answer alone marks nobody')
  await Promise.all(['受访1', '受访2', '受访3', '受访4'].map((who) => answered(node.base, id, token(who), { good: 'no' })))

  // Who studies answers sees how many there are and nobody's details, by no operation.
  await analyst.goto(`${node.base}/console/assessment/surveys/${id}/progress`)
  await analyst.getByText('已收到 5 份答卷').waitFor()
  await findings.at(analyst, 'sealed-progress')
  const spec = JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/openapi.json'), 'utf8'))
  let read = 0
  for (const page of [analyst, leader]) {
    for (const [path, item] of Object.entries(spec.paths)) {
      if (!item.get || !path.includes('survey')) continue
      const got = await ask(page, 'GET', path.replace('{id}', id).replace(/\{\w+\}/g, 'none'))
      assert.ok(!/受访|1380001|幸福路/.test(got.text), `${path} tells of a contact`)
      if (path.includes('survey-sends')) assert.equal(got.status, 403, path)
      read++
    }
    const wrote = await ask(page, 'POST', `/api/measure/survey-sends/${id}/letters`, { to: 'reminder', stratum: '', format: 'csv' })
    assert.equal(wrote.status, 403)
  }
  assert.ok(read > 20, `${read} operations were asked`)
  assert.equal((await ask(sender, 'GET', `/api/measure/survey-runs/${id}/answers`)).status, 403)

  const reminded = Object.keys(await list('reminder')).sort()
  assert.deepEqual(reminded, ['受访5', '受访6', '受访7'], 'who answered is not reminded')
  await sender.getByLabel('形式').selectOption('pdf')
  const [letters] = await Promise.all([sender.waitForEvent('download'), sender.getByRole('button', { name: '制作并下载' }).click()])
  assert.ok(readFileSync(await letters.path()).subarray(0, 5).equals(Buffer.from('%PDF-')))
  await findings.at(sender, 'sealed-sent')

  // One asks not to be written to again.
  await citizen.goto(links['受访5'])
  await citizen.getByRole('link', { name: '请不要再写信给我' }).click()
  await citizen.getByRole('heading', { name: '请不要再写信给我' }).waitFor()
  await findings.at(citizen, 'sealed-stop')
  await citizen.getByRole('button', { name: '删除我的联系方式' }).click()
  await citizen.getByRole('heading', { name: '已删除' }).waitFor()
  await citizen.goto(links['受访5'])
  await citizen.getByText('这个链接无效').waitFor()
  await sender.reload()
  await sender.getByText('调入 8 人，现有 7 人').waitFor()

  // Once enough of the stratum have answered, the next is thanked at the door.
  await answered(node.base, id, token('受访6'), { good: 'yes' })
  await citizen.goto(links['受访7'])
  await citizen.getByRole('heading', { name: '谢谢您愿意参与' }).waitFor()
  await findings.at(citizen, 'sealed-full')

  await sender.getByRole('button', { name: '现在全部删除' }).click()
  await sender.getByLabel(/请输入/).fill('全部删除')
  await findings.at(sender, 'sealed-forget')
  await sender.getByRole('button', { name: '现在全部删除' }).click()
  await sender.getByText('还没有联系人').waitFor()
  await citizen.goto(links['受访7'])
  await citizen.getByText('这个链接无效').waitFor()
  return { id, links }
}
