// A survey whose strata have groups of people, in browsers: how people divide is entered with its
// source, the sample is planned and drawn by group, people answer, it is closed, published and read.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { signIn } from './mainjob.mjs'
import { ask, content } from './sealed.mjs'
import { step } from './survey.mjs'

const name = '老年人收听收看调查'
const title = (zh, en) => ({ zh, en })
const age = { id: 'age', kind: 'single', required: true, title: title('您的年龄？', 'How old are you?'), choices: [{ id: 'young', title: title('60 岁以下', 'Under 60') }, { id: 'old', title: title('60 岁及以上', '60 or over') }] }

/** Asks as another household: one address may answer a survey only so often within an hour. */
const elsewhere = (url, body) => new Promise((resolve, reject) => {
  const { host, port, pathname } = new URL(url)
  const sent = request({ host: '127.0.0.1', port, path: pathname, localAddress: '127.0.0.2', method: body ? 'POST' : 'GET', headers: { Host: host, 'Content-Type': 'application/json' } }, async (got) => {
    resolve({ status: got.statusCode, text: Buffer.concat(await got.toArray()).toString() })
  })
  sent.on('error', reject)
  sent.end(body && JSON.stringify(body))
})

/** Answers from a place, as a program of the citizens' API does. */
async function answered(base, id, place, answers) {
  const asked = JSON.parse((await elsewhere(`${base}/api/public/surveys/${id}`)).text)
  await new Promise((resolve) => setTimeout(resolve, 3200)) // nobody answers faster
  const got = await elsewhere(`${base}/api/public/surveys/${id}/answers`, { pass: asked.pass, token: '', version: asked.version, mode: 'phone', lang: 'zh', place, started: Math.floor(Date.now() / 1000), answers })
  assert.equal(got.status, 200, got.text)
}

/** Walks it; pages are of an analyst and a leader who are signed in, and of a citizen. */
export async function strata({ node, analyst, leader, citizen, findings }) {
  const settings = { regionCode: '110000000000', nameZh: name, nameEn: 'How older people listen', purpose: '了解广播服务', noticeZh: '回答不记名。', noticeEn: 'Answers carry no name.', agency: '', opens: '', closes: '', anybody: true, tv: false, least: 5, by: ['age'], targets: [], headlines: [], before: '', cost: 40 }
  const made = await ask(analyst, 'POST', '/api/measure/surveys', settings)
  assert.equal(made.status, 201, made.text)
  const id = made.body.id
  const path = `/api/measure/surveys/${id}`
  const written = await ask(analyst, 'PUT', `${path}/form`, { id: '', version: '', languages: ['zh', 'en'], title: title(name, 'How older people listen'), pages: [{ questions: [age] }, { questions: [content] }] }, made.etag)
  assert.equal(written.status, 200, written.text)

  // Without a group a sample is by district and area; with one nothing is assumed of who lives there.
  await analyst.goto(`${node.base}/console/assessment/surveys/${id}/plan`)
  await analyst.getByText(/需要 .* 份答卷/).waitFor()
  const rows = analyst.getByRole('region', { name: '各层' }).getByRole('row')
  const plain = await rows.count()
  await analyst.getByLabel('按人群分层').selectOption({ label: '您的年龄？' })
  await analyst.getByText('平台只知道各村居有多少人').waitFor()
  await analyst.getByText('各行合计为 100 %').waitFor()
  assert.equal(await rows.count(), 0, 'no sample is told of shares that nobody entered')
  const share = async (where, group, value) => {
    await analyst.getByLabel(`${where} ${group}%`, { exact: true }).fill(String(value))
    await analyst.keyboard.press('Tab')
  }
  await share('整个区域', '60 岁以下', 80)
  await share('整个区域', '60 岁及以上', 20)
  await analyst.getByLabel('另有数字的范围').selectOption({ label: '各区的乡村' })
  await share('各区的乡村', '60 岁以下', 65)
  await share('各区的乡村', '60 岁及以上', 35)
  await analyst.getByLabel('比例的出处').fill('北京市第七次全国人口普查（样例）')
  await analyst.keyboard.press('Tab')
  await analyst.getByText(/需要 .* 份答卷/).waitFor()
  await analyst.getByRole('row', { name: /密云区 · 乡村 · 60 岁及以上/ }).getByText('35.0%').waitFor()
  assert.equal((await rows.count()) - 1, 2 * (plain - 1), 'each district and area has two groups')
  await findings.at(analyst, 'strata-plan')
  const inAll = await analyst.locator('.where tbody .num').first().textContent()
  await analyst.getByLabel(/^人群/).selectOption({ label: '60 岁及以上' })
  assert.ok(Number((await analyst.locator('.where tbody .num').first().textContent()).replace(',', '')) < Number(inAll.replace(',', '')), 'the map tells of a group')
  await analyst.getByRole('button', { name: '采用这个方案' }).click()
  await analyst.getByLabel('种子，如某期彩票号码').fill('05 12 18 27 33')
  await analyst.getByRole('button', { name: '抽取村居' }).click()
  await analyst.getByText(/已抽取 \d+ 个村居/).waitFor()
  await analyst.reload()
  await analyst.getByText('抽中的村居').click()
  await analyst.getByRole('row', { name: /60 岁及以上/ }).last().waitFor()
  await findings.at(analyst, 'strata-drawn')
  const [file] = await Promise.all([analyst.waitForEvent('download'), analyst.getByRole('link', { name: 'CSV' }).click()])
  const sample = readFileSync(await file.path(), 'utf8').trim().split(/\r?\n/)
  assert.equal(sample.length - 1, 2 * (plain - 1))
  assert.match(sample.join('\n'), /110118000000\.rural\.old,密云区,乡村,.*,60 岁及以上,0\.3500,北京市第七次全国人口普查（样例）/)

  await leader.goto(`${node.base}/console/assessment/surveys/${id}/form`)
  await step(leader, '批准问卷', '批准')
  await leader.getByText('已批准').first().waitFor()
  await analyst.reload()
  await step(analyst, '开始调查', '开始')
  await analyst.getByText('进行中').first().waitFor()

  // One on the portal, where people name their district; others from a village of it.
  await citizen.goto(`${node.base}/survey/${id}`)
  await citizen.getByLabel('您住在哪里？').selectOption({ label: '密云区' })
  await citizen.getByRole('button', { name: '开始' }).click()
  await citizen.getByLabel('60 岁及以上').check()
  await citizen.getByRole('button', { name: '提交' }).or(citizen.getByRole('button', { name: '下一题' })).click()
  await citizen.getByLabel('满意', { exact: true }).check()
  await citizen.waitForTimeout(3000)
  await citizen.getByRole('button', { name: '提交' }).click()
  await citizen.getByText('已收到您的回答').waitFor()
  const plan = (await ask(analyst, 'GET', `${path}/plan`)).body
  const village = plan.drawn.find((d) => d.stratum === '110118000000.rural.old').code
  await Promise.all(Array.from({ length: 20 }, (_, i) => answered(node.base, id, village, { age: i < 10 ? 'old' : 'young', good: i < 10 ? 'yes' : 'no' })))
  await analyst.goto(`${node.base}/console/assessment/surveys/${id}/progress`)
  await analyst.getByText('已收到 21 份答卷').waitFor()
  await analyst.getByRole('row', { name: /^密云区 · 乡村/ }).waitFor()
  assert.equal(await analyst.getByRole('row', { name: /60 岁/ }).count(), 0, 'who does not run it reads of places only')
  await findings.at(analyst, 'strata-progress')
  await signIn(citizen, node, 'agency')
  const run = (await ask(citizen, 'GET', `/api/measure/survey-runs/${id}`)).body
  assert.equal(run.progress.strata.find((r) => r.id === '110118000000.rural.old').done, 10, 'an answer counts in the stratum of its place and group')

  await step(analyst, '结束调查', '结束')
  await analyst.getByText('已结束').first().waitFor()
  await leader.goto(`${node.base}/console/assessment/surveys/${id}/results`)
  await step(leader, '发布结果', '发布')
  await leader.getByText('已发布').first().waitFor()
  await leader.getByLabel('分组').selectOption('age')
  await leader.getByRole('heading', { name: /^60 岁及以上/ }).first().waitFor()
  await findings.at(leader, 'strata-results')
  const results = (await ask(leader, 'GET', `${path}/results`)).body
  const yes = results.result.tables.find((t) => t.question === 'good').whole.cells.find((c) => c.choice === 'yes').share
  assert.ok(yes < 0.45, `${yes}: half of those asked are old, of the people fewer`)
  return id
}
