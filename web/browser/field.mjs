// An interviewer in the field: work taken along on a telephone, interviews without a network and
// with the node killed, pages loaded anew and killed in the middle, answers that come again and
// again over a network that breaks, and the count at the platform, which must be exact.
import assert from 'node:assert/strict'
import { cancel, issue, place } from './doors.mjs'
import { signIn } from './mainjob.mjs'
import { startNode } from './node.mjs'
import { account, ask, firstSignIn } from './returns.mjs'

const soon = { timeout: 20_000 }
const choice = (id, zh, en, more) => ({ id, title: { zh, en }, ...more })
const said = (zh, en) => ({ zh, en })

/** Every kind of question, a branch, a scale, a quota for the old, two languages. */
const form = {
  id: '', version: '', languages: ['zh', 'en'], title: said('广播服务访问', 'Broadcasting, face to face'), intro: said('共九题，没有对错。', 'Nine questions, no right or wrong.'), thanks: said('谢谢您！', 'Thank you!'),
  quotas: [{ id: 'old', title: said('60 岁以上', '60 or over'), wanted: 2, when: { question: 'age', op: 'ge', value: 60 } }],
  pages: [
    { title: said('您和收听', 'You and listening'), questions: [
      { id: 'hello', kind: 'note', title: said('先问几个简单的。', 'A few simple ones first.') },
      { id: 'age', kind: 'number', integer: true, required: true, min: 18, max: 110, unit: said('岁', 'years'), title: said('您多大年纪？', 'How old are you?') },
      { id: 'heard', kind: 'single', required: true, title: said('听到过大喇叭吗？', 'Have you heard the loudspeaker?'), choices: [choice('yes', '听到过', 'Yes'), choice('no', '没有', 'No')], nonresponse: [choice('dk', '说不清', 'Do not know')] }] },
    { show: { question: 'heard', op: 'eq', value: 'yes' }, questions: [
      { id: 'clear', kind: 'scale', required: true, title: said('声音清楚吗？', 'Is it clear?'), scale: { low: 1, high: 5, lowTitle: said('听不清', 'Not at all'), highTitle: said('很清楚', 'Very') } },
      { id: 'last', kind: 'date', title: said('上次是哪天？', 'When was the last time?'), latest: '2030-12-31' }] },
    { questions: [
      { id: 'ways', kind: 'several', required: true, title: said('还从哪里得知？', 'Where else?'), choices: [choice('tv', '电视', 'Television'), choice('phone', '手机', 'Telephone'), choice('none', '都没有', 'None', { exclusive: true })] },
      { id: 'rate', kind: 'grid', required: true, title: said('您怎样评价？', 'How do you rate them?'), rows: [choice('news', '新闻', 'News'), choice('warn', '预警', 'Warnings')], scale: { low: 1, high: 5, lowTitle: said('差', 'Bad'), highTitle: said('好', 'Good') } },
      { id: 'wish', kind: 'text', lines: true, title: said('还希望什么？', 'What else do you wish?') }] },
  ],
}

const settings = { regionCode: '110000000000', nameZh: '广播服务入户访问', nameEn: 'Broadcasting at home', purpose: '了解广播服务', noticeZh: '不记名，不问姓名电话。', noticeEn: 'Nobody asks your name.', agency: '', opens: '', closes: '', anybody: true, tv: false,
  least: 10, by: ['district'], targets: [], headlines: [], before: '', cost: 0 }
const goal = { margin: 0.1, confidence: 0.95, perDistrict: false, allocation: 'proportional', response: 0.5, each: 10, alike: 0.05, least: 2 }

/** A survey in the field, with a drawn sample; gives its id. */
export async function fielded(analyst, leader, asked, how, planned = goal) {
  const { body: { id } } = await ask(analyst, 'POST', '/api/measure/surveys', how)
  const path = `/api/measure/surveys/${id}`
  const step = async (page, method, part, body) => {
    const { etag } = await ask(page, 'GET', path)
    return ask(page, method, `${path}/${part}`, body, { 'If-Match': etag })
  }
  await step(analyst, 'PUT', 'form', asked)
  await step(analyst, 'PUT', 'plan', planned)
  await step(analyst, 'POST', 'draw', { seed: '07 11 13' })
  await step(leader, 'POST', 'approve')
  await step(analyst, 'POST', 'open')
  return id
}

/** Asks one person, up to a step; age decides the quota, heard the branch. */
async function interview(phone, { age, heard, to = 'end' }) {
  await phone.getByRole('button', { name: '开始一份访问' }).or(phone.getByRole('button', { name: '再访问一位' })).click()
  const place = phone.getByLabel('在哪里访问')
  if (!(await place.inputValue())) await place.selectOption({ index: 1 })
  await phone.getByRole('button', { name: '对方同意，开始' }).click()
  await phone.getByLabel('您多大年纪？').fill(String(age))
  await phone.getByLabel(heard ? '听到过' : '没有', { exact: true }).check()
  if (to === 'first') return
  await phone.getByRole('button', { name: '下一页' }).click()
  if (heard) {
    await phone.locator('.points label', { hasText: '4' }).first().click()
    await phone.getByLabel('上次是哪天？').fill('2026-05-01')
    await phone.getByRole('button', { name: '下一页' }).click()
  }
  await phone.getByLabel('电视').check()
  for (const row of ['新闻', '预警']) await phone.getByRole('group', { name: row }).locator('label', { hasText: '5' }).click()
  await phone.getByLabel('还希望什么？').fill(`愿望 ${age}`)
  if (to === 'last') return
  await phone.getByRole('button', { name: '完成，保存' }).click()
  await phone.getByText('问完了，谢谢对方').waitFor(soon)
}

/** What the telephone's IndexedDB holds, by key. */
const held = (phone) => phone.evaluate(() => new Promise((resolve, reject) => {
  const opened = indexedDB.open('tongsheng-field')
  opened.onerror = () => reject(opened.error)
  opened.onsuccess = () => {
    const keys = opened.result.transaction('kept').objectStore('kept').getAllKeys()
    keys.onsuccess = () => resolve(keys.result)
  }
}))

/** Changes an interview on the telephone, as an older page would have left it. */
const spoil = (phone, change) => phone.evaluate((change) => new Promise((resolve) => {
  const opened = indexedDB.open('tongsheng-field')
  opened.onsuccess = () => {
    const store = opened.result.transaction('kept', 'readwrite').objectStore('kept')
    const all = store.getAllKeys()
    all.onsuccess = () => {
      const key = all.result.find((k) => k.startsWith('interview:'))
      const got = store.get(key)
      got.onsuccess = () => { store.put({ ...got.result, answers: { ...got.result.answers, ...change } }, key).onsuccess = () => resolve(key) }
    }
  }
}), change)

/** Both doors, on a node of their own that may be killed. */
export async function field({ browser, findings, parts = ['field', 'tv'] }) {
  const node = await startNode(3)
  try {
    if (parts.includes('field')) await walkField({ node, browser, findings })
    findings.pardon(/net::ERR_(CONNECTION|INTERNET|FAILED|INCOMPLETE|EMPTY)/) // the network that it cut, the node that it killed
    if (parts.includes('tv')) await walkTV({ node, browser, findings })
  } finally {
    await node.stop()
  }
}

async function walkField({ node, browser, findings }) {
  const { base } = node
  const desk = async (who) => {
    const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN' })).newPage()
    findings.watch(page, who)
    return page
  }
  const [analyst, leader, sysadmin, security] = await Promise.all(['analyst', 'leader', 'sysadmin', 'security'].map(desk))
  for (const [name, page] of Object.entries({ analyst, leader, sysadmin, security })) await signIn(page, node, name)
  const home = (await ask(sysadmin, 'GET', '/api/regions/110000000000')).body.path
  const askerWord = await account(sysadmin, security, 'asker', '周访问', home, 'interviewer')
  const survey = await fielded(analyst, leader, form, settings)

  // The agency sends the interviewer to the places of a stratum.
  const agency = await desk('agency')
  await signIn(agency, node, 'agency') // a sample account, as the sample interviewer that it could send
  await agency.goto(`${base}/console/assessment/survey-runs/${survey}`)
  await agency.getByLabel('调查员', { exact: true }).locator('option', { hasText: '郑访问（样例）' }).waitFor({ state: 'attached', ...soon })
  await agency.getByLabel('调查员', { exact: true }).selectOption({ label: '周访问' })
  await agency.getByRole('group', { name: '层' }).getByLabel('朝阳区 · 城镇', { exact: true }).check()
  await agency.getByRole('button', { name: '分派', exact: true }).click()
  await agency.getByText(/周访问: \d+ 个村居，已完成 0 份/).waitFor(soon)
  for (const page of [sysadmin, security]) await page.context().close()
  const run = async () => (await ask(agency, 'GET', `/api/measure/survey-runs/${survey}`)).body
  const total = async () => (await run()).progress.total

  // The interviewer signs in on the telephone, which takes the work along.
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, locale: 'zh-CN', colorScheme: 'light' })
  let phone = await context.newPage()
  findings.watch(phone, 'interviewer')
  await phone.goto(`${base}/field/`)
  await phone.getByRole('link', { name: '登录' }).waitFor(soon)
  await findings.at(phone, 'field-first')
  await firstSignIn(phone, base, 'asker', askerWord)
  await phone.goto(`${base}/field/`)
  await phone.getByRole('heading', { name: '广播服务入户访问' }).waitFor(soon)
  const manifest = await phone.evaluate(async () => (await fetch(document.querySelector('link[rel=manifest]').href)).json())
  assert.equal(manifest.start_url, '/field/')
  await phone.waitForFunction(() => navigator.serviceWorker.ready.then(() => caches.match('/field/')).then(Boolean), undefined, soon)
  assert.match(await phone.locator('tbody tr').first().innerText(), /朝阳区 · 城镇\s+0 \/ \d+\s+\d+/)
  assert.match(await phone.locator('tbody tr').nth(1).innerText(), /60 岁以上\s+0 \/ 2\s+2/)
  await findings.at(phone, 'field-work')

  // The network is cut and the node killed: the page opens all the same, and people are asked.
  await context.setOffline(true)
  await node.kill()
  await phone.reload()
  await phone.getByText('没有网络。照常访问').waitFor(soon)
  await interview(phone, { age: 34, heard: true, to: 'first' })
  await phone.getByLabel('您多大年纪？').fill('7')
  await phone.getByRole('button', { name: '下一页' }).click()
  await phone.getByText('不能小于').waitFor(soon) // the same words as the server's
  await findings.at(phone, 'field-fault')
  await phone.getByLabel('访问用的语言').selectOption('en')
  await phone.getByLabel('How old are you?').fill('34')
  await phone.getByLabel('访问用的语言').selectOption('zh')
  await phone.getByRole('button', { name: '下一页' }).click()
  await phone.locator('.points label', { hasText: '3' }).first().click()
  await phone.reload() // in the middle, off line: it stands where it stood
  assert.ok(await phone.locator('.points label', { hasText: '3' }).first().locator('input').isChecked(), 'an answer is kept as it is given')
  await findings.at(phone, 'field-scale')
  await phone.getByRole('button', { name: '上一页' }).click()
  assert.equal(await phone.getByLabel('您多大年纪？').inputValue(), '34')
  await phone.getByLabel('没有', { exact: true }).check() // the branch is left out
  await phone.getByRole('button', { name: '下一页' }).click()
  await phone.getByLabel('都没有').check()
  await phone.getByRole('button', { name: '完成，保存' }).click()
  await phone.getByText('新闻：请回答这道题').waitFor(soon) // which row of the grid
  for (const row of ['新闻', '预警']) await phone.getByRole('group', { name: row }).locator('label', { hasText: '5' }).click()
  await findings.at(phone, 'field-grid')
  await phone.close() // the telephone is killed

  phone = await context.newPage()
  findings.watch(phone, 'interviewer')
  await phone.goto(`${base}/field/`)
  await phone.getByText('1 份没问完').waitFor(soon)
  await phone.getByRole('button', { name: '接着问' }).click()
  assert.ok(await phone.getByRole('group', { name: '预警' }).locator('label', { hasText: '5' }).locator('input').isChecked())
  await phone.getByRole('button', { name: '完成，保存' }).click()
  await phone.getByText('问完了，谢谢对方').waitFor(soon)
  await findings.at(phone, 'field-kept')
  await interview(phone, { age: 61, heard: true })
  await interview(phone, { age: 72, heard: false })
  await interview(phone, { age: 45, heard: true })
  await interview(phone, { age: 66, heard: true, to: 'first' })
  await phone.getByRole('button', { name: '下一页' }).click()
  await phone.getByRole('button', { name: '先放着' }).click()
  await phone.getByText('4 份等待上传').waitFor(soon)
  assert.match(await phone.locator('tbody tr').first().innerText(), /0 \/ \d+ \+4/)
  await findings.at(phone, 'field-waiting')

  // Back, over a network that breaks after the platform has taken what was sent: nothing is lost
  // or counted twice.
  await node.start()
  let broken = 0
  await context.route(`**/api/measure/survey-work/${survey}`, async (route) => {
    if (broken++ < 2) await route.fetch().catch(() => undefined)
    if (broken <= 2) return route.abort()
    return route.continue()
  })
  await context.setOffline(false)
  await phone.waitForFunction(() => navigator.onLine)
  await until('the first sending was taken and its answer lost', async () => broken > 0 && await total() === 4)
  await phone.close() // killed before it heard
  phone = await context.newPage()
  findings.watch(phone, 'interviewer')
  await phone.goto(`${base}/field/`)
  await until('the second was lost as well', async () => broken > 1)
  await node.kill()
  await node.start()
  await phone.getByRole('button', { name: '现在上传' }).click()
  await phone.getByText('没有等待上传的访问').waitFor(soon)
  assert.equal(await total(), 4, 'each interview is counted once')
  assert.deepEqual((await run()).progress.modes, { interviewer: 4 })
  assert.equal((await run()).progress.doubts, 0)
  assert.ok(!(await held(phone)).some((k) => k.startsWith('interview:') && k !== 'x') || (await held(phone)).filter((k) => k.startsWith('interview:')).length === 1, 'only the draft is left on the telephone')
  await phone.getByText('的配额“60 岁以上”已满').waitFor(soon) // two of them were old
  await phone.getByText('我已送达 4 份').waitFor(soon)
  await findings.at(phone, 'field-sent')
  await phone.getByRole('button', { name: '知道了' }).first().click()

  // What falls in a full quota need not be asked to the end.
  await phone.getByRole('button', { name: '接着问' }).click()
  await phone.getByRole('button', { name: '上一页' }).click()
  await phone.getByRole('button', { name: '下一页' }).click()
  await phone.getByText('这类人已经问够了').waitFor(soon)
  await findings.at(phone, 'field-enough')
  await phone.getByRole('button', { name: '到此为止' }).click()

  // What the platform refuses is shown with its reason, mended and taken.
  await context.setOffline(true)
  await interview(phone, { age: 29, heard: false })
  await phone.getByRole('button', { name: '回到任务' }).click()
  await spoil(phone, { age: 7 })
  const places = (await run()).plan.drawn.filter((d) => d.stratum !== '110105000000.urban').slice(0, 3).map((d) => d.code)
  await ask(agency, 'PUT', `/api/measure/survey-runs/${survey}/interviewers/${(await run()).interviewers.find((p) => p.name === '周访问').id}`, { places })
  await phone.reload()
  await context.setOffline(false)
  await phone.getByText('1 份没有被接收').waitFor(soon)
  await phone.getByText('这个村居不在您的任务里').waitFor(soon)
  await findings.at(phone, 'field-refused')
  await phone.getByRole('button', { name: '修改', exact: true }).click()
  await phone.getByLabel('这个村居不在您的任务里').selectOption({ index: 0 })
  await phone.getByRole('button', { name: '先放着' }).click()
  await phone.getByRole('button', { name: '再传一次' }).click()
  await phone.getByText('“您多大年纪？”：不能小于').waitFor(soon)
  await phone.getByRole('button', { name: '修改', exact: true }).click()
  await phone.getByText('不能小于').waitFor(soon) // at the question, before anything is touched
  await findings.at(phone, 'field-mend')
  await phone.getByLabel('您多大年纪？').fill('29')
  await phone.getByRole('button', { name: '下一页' }).click()
  await phone.getByRole('button', { name: '完成，保存' }).click()
  await until('the mended interview arrived', async () => await total() === 5)
  await phone.getByRole('button', { name: '回到任务' }).click()

  // Who runs the survey reads answers, and nothing that leads to a person, a place or an interviewer.
  const { body: { items } } = await ask(agency, 'GET', `/api/measure/survey-runs/${survey}/answers`)
  assert.equal(items.length, 5)
  for (const a of items) {
    assert.deepEqual(Object.keys(a).sort(), ['answers', 'finished', 'id', 'lang', 'mode', 'standing', 'started', 'stratum', 'version'])
    assert.ok(!JSON.stringify(a).includes('周访问') && ![...places].some((p) => JSON.stringify(a).includes(p)))
  }
  await agency.reload()
  await findings.at(agency, 'field-agency')

  // Where a sample tells groups apart, each place says whom of each group to ask, and an interview that
  // waits counts in the group that was answered.
  const who = (await run()).interviewers.find((p) => p.name === '周访问').id
  const group = { question: 'age', source: '样例', shares: [{ of: '', shares: { young: 0.8, old: 0.2 } }] }
  const apart = await fielded(analyst, leader, { ...form, quotas: [], pages: [{ questions: [{ id: 'age', kind: 'single', required: true, title: said('您的年龄？', 'How old are you?'), choices: [choice('young', '60 岁以下', 'Under 60'), choice('old', '60 岁及以上', '60 or over')] }] }] },
    { ...settings, nameZh: '按人群分层的访问', nameEn: 'By group' }, { ...goal, group })
  const { body: { plan } } = await ask(agency, 'GET', `/api/measure/survey-runs/${apart}`)
  const old = plan.drawn.find((d) => d.stratum === '110118000000.rural.old')
  await agency.goto(`${base}/console/assessment/survey-runs/${apart}`)
  await agency.getByRole('group', { name: '层' }).getByLabel('密云区 · 乡村', { exact: true }).waitFor()
  await findings.at(agency, 'field-agency-groups')
  const sent = (places) => ask(agency, 'PUT', `/api/measure/survey-runs/${apart}/interviewers/${who}`, { places })
  await sent([old.code])
  await phone.reload()
  const work = phone.locator('section', { has: phone.getByRole('heading', { name: '按人群分层的访问' }) })
  const row = work.getByRole('row', { name: /^密云区 · 乡村 · 60 岁及以上/ })
  await row.waitFor(soon)
  await work.getByText('去哪里').click()
  await work.getByText(old.people.join('、'), { exact: false }).first().waitFor()
  await findings.at(phone, 'field-groups')
  await context.setOffline(true)
  await work.getByRole('button', { name: '开始一份访问' }).click()
  await phone.getByRole('button', { name: '对方同意，开始' }).click()
  await phone.getByLabel('60 岁及以上').check()
  await phone.getByRole('button', { name: '完成，保存' }).click()
  await phone.getByRole('button', { name: '回到任务' }).click()
  await row.getByText('+1').waitFor(soon)
  await context.setOffline(false)
  await until('it counts in its group', async () => (await ask(agency, 'GET', `/api/measure/survey-runs/${apart}`)).body.progress.strata.find((s) => s.id === old.stratum).done === 1)
  await sent([])
  await phone.reload()
  await work.waitFor({ state: 'hidden', ...soon })
  for (const page of [analyst, leader]) await page.context().close()

  // In English and in the dark.
  await phone.getByRole('button', { name: 'English' }).click()
  await phone.emulateMedia({ colorScheme: 'dark' })
  await phone.getByText('Nothing waits to be sent').waitFor(soon)
  await findings.at(phone, 'field-work-en-dark')
  await phone.getByRole('button', { name: 'Begin an interview' }).click()
  await findings.at(phone, 'field-start-en-dark')
  await phone.getByLabel('Where you ask').selectOption({ index: 1 })
  await phone.getByRole('button', { name: 'They agree: begin' }).click()
  await phone.getByLabel('How old are you?').fill('50')
  await findings.at(phone, 'field-ask-en-dark')
  await phone.getByRole('button', { name: 'Leave it for now' }).click()

  // Signing out says what would be lost, and clears the telephone.
  await phone.getByRole('button', { name: 'Sign out' }).click()
  await phone.getByText('1 interview on this telephone did not arrive').waitFor(soon)
  await findings.at(phone, 'field-leave')
  await phone.getByLabel('To delete, type').fill('delete')
  await phone.getByRole('button', { name: 'Delete', exact: true }).last().click()
  await phone.getByRole('link', { name: 'Sign in' }).waitFor(soon)
  assert.deepEqual(await held(phone), [])
  assert.equal(await phone.evaluate(() => fetch('/api/session').then((r) => r.status)), 401)
  assert.equal(await total(), 5)
  for (const page of [phone, agency]) await page.context().close()
}

async function until(what, check) {
  for (let tries = 0; tries < 300; tries++) {
    if (await check().catch(() => false)) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${what}: not within 30 s`)
}

/** Questions for a television: more choices than a screen has rows, a dial, a day, words. */
const forTV = {
  id: '', version: '', languages: ['zh', 'en'], title: said('电视上的调查', 'On television'), thanks: said('谢谢您在电视上回答！', 'Thank you for answering on television!'),
  pages: [
    { questions: [{ id: 'why', kind: 'single', required: true, title: said('您最常看哪类节目？', 'What do you watch most?'), choices: ['新闻', '电视剧', '体育', '少儿', '戏曲', '纪录片', '综艺'].map((zh, i) => choice(`c${i}`, zh, `Kind ${i}`)) }] },
    { questions: [{ id: 'ways', kind: 'several', required: true, title: said('家里怎样收听收看？', 'How do you receive it?'), choices: [choice('tv', '电视', 'Television'), choice('fm', '广播', 'Radio'), choice('none', '都不', 'None', { exclusive: true })] }] },
    { questions: [{ id: 'rate', kind: 'grid', required: true, title: said('您怎样评价', 'How do you rate'), rows: [choice('news', '新闻', 'News'), choice('warn', '预警', 'Warnings')], scale: { low: 1, high: 5, lowTitle: said('差', 'Bad'), highTitle: said('好', 'Good') } }] },
    { questions: [{ id: 'people', kind: 'number', integer: true, required: true, min: 1, max: 9, unit: said('人', 'people'), title: said('家里几口人？', 'How many are you?') }] },
    { questions: [{ id: 'wish', kind: 'text', title: said('还希望看到什么？', 'What else do you wish for?') }] },
  ],
}

/** Nothing of a survey's page is smaller than 32 px, none of it leaves the safe area, five rows at most. */
async function fitsTV(tv, what) {
  const wrong = await tv.evaluate(() => {
    const found = []
    for (const e of document.querySelectorAll('.survey :is(h1, p, span, button)')) {
      const r = e.getBoundingClientRect()
      if (!r.width || !e.textContent.trim()) continue
      if (Number.parseFloat(getComputedStyle(e).fontSize) < 32) found.push(`${e.textContent}: ${getComputedStyle(e).fontSize}`)
      if (r.left < innerWidth * 0.049 || r.right > innerWidth * 0.951 || r.top < innerHeight * 0.049 || r.bottom > innerHeight * 0.951) found.push(`${e.textContent}: ${JSON.stringify(r)}`)
    }
    const rows = document.querySelectorAll('.survey .row').length
    if (rows > 5) found.push(`${rows} rows`)
    if (document.querySelectorAll('.survey .row.focused').length !== (rows ? 1 : 0)) found.push('the focus is lost')
    return found
  })
  assert.deepEqual(wrong, [], what)
}

/** A survey on the television by its remote control; a warning in the middle; words on a telephone. */
async function walkTV({ node, browser, findings }) {
  const { base } = node
  const open = async (who, size = { width: 1440, height: 900 }) => {
    const page = await (await browser.newContext({ viewport: size, locale: 'zh-CN' })).newPage()
    findings.watch(page, who)
    return page
  }
  const [officer, leader, analyst] = [await open('officer'), await open('leader'), await open('analyst')]
  for (const [name, page] of Object.entries({ officer, leader, analyst })) await signIn(page, node, name)
  const survey = await fielded(analyst, leader, forTV, { ...settings, nameZh: '电视上的调查', nameEn: 'On television', tv: true })
  const progress = async () => (await ask(analyst, 'GET', `/api/measure/surveys/${survey}/progress`)).body
  const tv = await open('television', { width: 1920, height: 1080 })
  await tv.goto(`${base}/tv/?region=${place}`)
  const press = async (...keys) => { for (const k of keys) await tv.keyboard.press(k) }
  const title = (words) => tv.locator('.survey h1', { hasText: words }).waitFor(soon)
  const focused = () => tv.locator('.page:not([hidden]) .row.focused').innerText()
  const down = async (words) => {
    for (let i = 0; !(await focused()).includes(words); i++) {
      assert.ok(i < 20, `${words} is found`)
      await press('ArrowDown')
      assert.ok(await tv.locator('.page:not([hidden]) .row').count() <= 5)
    }
  }
  const begin = async () => {
    await tv.locator('.home .row', { hasText: '参加调查：电视上的调查' }).waitFor(soon)
    await press('ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowUp')
    await down('电视上的调查')
    await press('Enter')
    await tv.locator('.survey .told', { hasText: '不记名' }).waitFor(soon)
  }
  await begin()
  await fitsTV(tv, 'what people are told')
  await findings.at(tv, 'tv-survey-start')
  await press('Enter')
  await title('您最常看哪类节目')
  await fitsTV(tv, 'a question with seven choices')
  await findings.at(tv, 'tv-survey-choices')
  await down('纪录片')
  await fitsTV(tv, 'its second half')
  await press('Enter')
  await title('家里怎样收听收看')
  await press('ArrowRight')
  await tv.getByText('请回答这道题').waitFor(soon)
  await press('Enter', 'ArrowDown', 'Enter')
  await findings.at(tv, 'tv-survey-several')
  await press('Escape') // one step back, the answer still there
  await title('您最常看哪类节目')
  assert.match(await focused(), /✓ 纪录片/)
  await press('Enter')
  await title('家里怎样收听收看')
  assert.equal(await tv.locator('.survey .row', { hasText: '☑' }).count(), 2)
  await press('ArrowRight')
  await title('您怎样评价：新闻')

  // A warning comes: it takes everything, has the keys, and the question stands there afterwards.
  const red = await issue({ officer, leader }, {})
  await tv.locator('.takeover h1', { hasText: '暴雨红色预警' }).waitFor(soon)
  await press('ArrowDown', 'Enter')
  assert.ok(await tv.evaluate(() => [[0.5, 0.5], [0.9, 0.9], [0.1, 0.1]].every(([x, y]) => document.elementFromPoint(innerWidth * x, innerHeight * y).closest('.takeover'))), 'nothing of the survey shows')
  await tv.locator('.takeover .note', { hasText: '我知道了' }).waitFor(soon)
  await press('Enter')
  await tv.locator('.takeover').waitFor({ state: 'hidden', ...soon })
  await title('您怎样评价：新闻')
  await cancel(officer, red.id)
  await down('5')
  await press('Enter')
  await title('您怎样评价：预警')
  await findings.at(tv, 'tv-survey-grid')
  await press('ArrowDown', 'Enter')
  await title('家里几口人')
  await press('ArrowLeft', 'ArrowLeft')
  assert.match(await focused(), /3 人/)
  await fitsTV(tv, 'a dial')
  await findings.at(tv, 'tv-survey-dial')
  await press('Enter')

  // Words go on on a telephone, at the same question, and the television lets go.
  await title('还希望看到什么')
  const link = await tv.locator('.survey .qr').getAttribute('aria-label', soon)
  await fitsTV(tv, 'the picture')
  await findings.at(tv, 'tv-survey-phone')
  const phone = await open('telephone', { width: 390, height: 844 })
  await phone.goto(link)
  await phone.getByText('电视上答过的都在').waitFor(soon)
  await findings.at(phone, 'tv-survey-go-on')
  await phone.getByRole('button', { name: '接着答' }).click()
  await phone.getByText('还希望看到什么').first().waitFor(soon)
  await title('已转到手机上')
  await phone.getByRole('textbox').fill('更多戏曲')
  await phone.getByRole('button', { name: '提交' }).click()
  await phone.getByText('已收到您的回答').waitFor(soon)
  await phone.goto(link)
  await phone.getByText('这个二维码已经用过').waitFor(soon)
  assert.deepEqual((await progress()).modes, { phone: 1 })

  // Another person answers on the television to the end.
  await press('Enter')
  await begin()
  await press('Enter')
  await title('您最常看哪类节目')
  await press('Enter')
  await title('家里怎样收听收看')
  await press('Enter', 'ArrowRight')
  await title('您怎样评价：新闻')
  await press('Enter')
  await title('您怎样评价：预警')
  await press('Enter')
  await title('家里几口人')
  await tv.waitForTimeout(3000) // nobody answers faster
  await press('Enter')
  await title('还希望看到什么')
  await tv.locator('.survey .qr').waitFor(soon)
  assert.match(await focused(), /跳过这一题/)
  await press('Enter')
  await title('谢谢您在电视上回答')
  await findings.at(tv, 'tv-survey-thanks')
  assert.deepEqual((await progress()).modes, { phone: 1, tv: 1 }, 'how each was given is kept')
  await press('Escape')
  await tv.locator('.home .row').first().waitFor(soon)
  await tv.context().close()

  // Over the programme it invites, and an emergency message sends the invitation away.
  for (const [severity, stands] of [['yellow', '.crawl:not([hidden])'], ['red', '.takeover h1']]) {
    const box = await open('box', { width: 1920, height: 1080 })
    await box.goto(`${base}/tv/?overlay&region=${place}${severity === 'red' ? '&lang=en' : ''}`)
    await box.locator('.invite', { hasText: severity === 'red' ? 'Take part' : '参加调查' }).waitFor(soon)
    await findings.at(box, `tv-invite-${severity}`)
    const message = await issue({ officer, leader }, { severity, texts: [{ lang: 'zh', title: '大风预警', body: '请远离广告牌。' }] })
    await box.locator(stands).waitFor(soon)
    assert.equal(await box.locator('.invite').isVisible(), false, 'it goes away when a message comes')
    await cancel(officer, message.id)
    await box.locator(stands).waitFor({ state: 'hidden', timeout: 60_000 })
    await box.waitForTimeout(1500)
    assert.equal(await box.locator('.invite').isVisible(), false, 'and does not come back the same day')
    for (const key of ['Enter', 'ArrowDown', 'Enter', 'ArrowDown', 'Enter']) await box.keyboard.press(key)
    await box.waitForTimeout(1000)
    assert.equal(await box.locator('.page:not(.home)').count(), 0, 'keys open nothing of a list that nobody sees')
    await box.context().close()
  }
  for (const page of [officer, leader, analyst, phone]) await page.context().close()
}
