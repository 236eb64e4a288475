// Collecting facts from people, as they do it: an analyst sets up a form and a rule, a clerk of a
// township fills it in on a phone, the district and the city approve, a number is corrected; a
// period is filled in from a spreadsheet and a file of facts is brought in.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signIn } from './mainjob.mjs'
import { pick } from './measure.mjs'
import { codeOf } from './node.mjs'

const soon = { timeout: 15_000 }
const phone = { width: 390, height: 844 }
const town = '110101001000' // 东华门街道, in the district of Dongcheng

/** Asks the API as whom a page is signed in as. */
export const ask = (page, method, path, body, headers = {}) => page.evaluate(async ([method, path, body, headers]) => {
  const answer = await fetch(path, { method, headers: { 'Content-Type': 'application/json', 'Accept-Language': 'zh-CN', ...headers }, body: body === undefined ? undefined : JSON.stringify(body) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return { body: text && JSON.parse(text), etag: answer.headers.get('ETag') }
}, [method, path, body, headers])

/** Makes an account with a role; one administrator makes it, another grants and vouches. */
export async function account(sysadmin, security, username, name, path, role) {
  const { body } = await ask(sysadmin, 'POST', '/api/accounts', { username, name, regionPath: path, lang: 'zh' })
  const id = body.account?.id ?? body.user?.id ?? body.id
  await ask(security, 'POST', `/api/accounts/${id}/grants`, { role, regionPath: path })
  for (const administrator of [security, sysadmin]) await ask(administrator, 'POST', `/api/accounts/${id}/vouch`) // each for what the other did
  return body.password ?? body.oneTimePassword ?? body.secret
}

/** Signs somebody in for the first time: a password of their own, a second factor, and codes for when that is lost. */
export async function firstSignIn(page, base, name, password) {
  await page.goto(`${base}/console/`)
  await page.getByLabel('用户名').fill(name)
  await page.getByLabel('密码').fill(password)
  await page.getByRole('button', { name: '下一步' }).click()
  const [own, secret, codes, rail] = ['input[autocomplete="new-password"]', 'form.ask p .mono', 'ul.mono', 'nav.rail, #field main'].map((what) => page.locator(what))
  for (;;) {
    await own.or(secret).or(codes).or(rail).first().waitFor(soon)
    if (await rail.count()) return
    if (await own.count()) {
      await own.fill(`wheat-lantern-${name.length}7-harbour`)
      await page.locator('.ask button[type=submit]').click()
      await own.waitFor({ state: 'detached', ...soon })
    } else if (await codes.count()) {
      await page.locator('label.kept input').check()
      await page.locator('section.ask .btn.primary').click()
      await codes.waitFor({ state: 'detached', ...soon })
    } else {
      await page.locator('#field-code').fill(codeOf((await secret.textContent()).trim()))
      await page.locator('.ask button[type=submit]').click()
      await secret.waitFor({ state: 'detached', ...soon })
    }
  }
}

/** What the walk is about: three elements; and a year of the township's past, so that odd values stand out. */
async function elements(analyst, months) {
  const monthly = (code, nameZh, nameEn, unitZh, unitEn) => ({ code, nameZh, nameEn, unitZh, unitEn, combine: 'stock', period: 'month', level: 'township', whole: true, min: 0, places: 0, source: '', owner: '', note: '' })
  await ask(analyst, 'POST', '/api/measure/elements', monthly('walk.total', '应急喇叭总数', 'Loudspeakers', '台', 'units'))
  await ask(analyst, 'POST', '/api/measure/elements', monthly('walk.working', '完好喇叭数', 'Loudspeakers that work', '台', 'units'))
  await ask(analyst, 'POST', '/api/measure/elements', monthly('walk.repairs', '当月维修次数', 'Repairs', '次', 'repairs'))
  const facts = months.slice(1).flatMap((period, i) => [{ element: 'walk.total', unit: town, period, value: 40 + (i % 3) }, { element: 'walk.working', unit: town, period, value: 38 + (i % 2) }])
  await ask(analyst, 'POST', '/api/measure/facts', { facts })
}

const monthsBack = (n) => Array.from({ length: n }, (_, i) => {
  const d = new Date(new Date().getFullYear(), new Date().getMonth() - 1 - i, 1)
  return `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, '0')}`
})

/** Sets up a form and a rule in the editor. */
async function setUp(analyst, base, findings, from) {
  await analyst.goto(`${base}/console/assessment/forms/new`)
  await analyst.locator('#field-code').fill('walk.monthly')
  await analyst.locator('#field-nameZh').fill('喇叭运行月报')
  await analyst.locator('#field-nameEn').fill('Loudspeakers, monthly')
  await analyst.locator('#field-from').fill('去年')
  for (const name of ['应急喇叭总数', '完好喇叭数', '当月维修次数']) {
    await analyst.getByPlaceholder('按名称选一个数据项').fill(name)
    await analyst.getByRole('button', { name: '加入', exact: true }).click()
  }
  await analyst.getByRole('button', { name: '保存', exact: true }).click()
  await analyst.locator('#field-from-fault').waitFor(soon) // the fault stands at its field
  findings.pardon(/422 .*\/api\/measure\/forms/)
  await findings.at(analyst, 'form-fault')
  await analyst.locator('#field-from').fill(from)
  await analyst.getByLabel('怎么填（中文）应急喇叭总数').fill('月末在册的喇叭，停用的不算')
  await analyst.locator('#field-noteZh').fill('每月 5 日前填上月数。拿不准的先填，并写明原因。')
  await analyst.getByRole('button', { name: '保存', exact: true }).click()
  await analyst.waitForURL(/forms\/walk\.monthly/, soon)
  await findings.at(analyst, 'form')
  await analyst.goto(`${base}/console/assessment/forms/new?part=rules`)
  await analyst.locator('#field-code').fill('walk.no_more')
  await analyst.locator('#field-says').pressSequentially('walk.w')
  await analyst.locator('#cel-offer [role=option]').first().waitFor(soon)
  await analyst.keyboard.press('Enter')
  await analyst.locator('#field-says').pressSequentially(' <= walk.tot')
  await analyst.keyboard.press('Enter')
  assert.equal(await analyst.locator('#field-says').inputValue(), 'walk.working <= walk.total', 'codes are completed')
  await analyst.locator('#field-messageZh').fill('完好数不能多于总数')
  await analyst.locator('#field-messageEn').fill('No more can work than there are')
  await analyst.getByRole('button', { name: '保存', exact: true }).click()
  await analyst.waitForURL(/forms\/walk\.no_more/, soon)
  await findings.at(analyst, 'rule')
}

const saved = (page) => page.locator('.saved', { hasText: /^. 已保存/ }).waitFor(soon)

/** The clerk, on a phone: what is wrong stands at its field, a broken line loses nothing. */
async function fillIn(clerk, base, findings, month) {
  await clerk.setViewportSize(phone)
  await clerk.goto(`${base}/console/assessment/returns`)
  await clerk.getByRole('link', { name: '喇叭运行月报' }).waitFor(soon)
  await findings.at(clerk, 'returns-phone')
  await clerk.getByRole('link', { name: '喇叭运行月报' }).click()
  await clerk.locator(`a[href$="/${month}"]`).click()
  const field = (code) => clerk.locator(`input[id="field-answers.walk.${code}"]`)
  await field('total').fill('41')
  await field('working').fill('50')
  await clerk.getByText('完好数不能多于总数').first().waitFor(soon)
  await saved(clerk)
  await clerk.route('**/api/measure/**', (route) => route.abort()) // the line is broken
  await field('working').fill('39')
  await field('repairs').fill('3')
  await clerk.locator('.saved.bad', { hasText: '连不上服务器' }).waitFor(soon)
  await findings.at(clerk, 'return-away')
  await clerk.unroute('**/api/measure/**')
  await saved(clerk)
  await clerk.reload()
  await field('repairs').waitFor(soon)
  assert.deepEqual(await Promise.all(['total', 'working', 'repairs'].map((c) => field(c).inputValue())), ['41', '39', '3'], 'nothing that was typed is lost')
  // An unlikely number asks for a word.
  await field('total').fill('410')
  await clerk.getByText('与本区域以往相差很大').first().waitFor(soon)
  await clerk.locator('[id="answers.walk.total-note"]').fill('新接收了移交的三百多台')
  await saved(clerk)
  await findings.at(clerk, 'return-phone')
  await clerk.getByRole('button', { name: '提交', exact: true }).click()
  await clerk.locator('.state', { hasText: '审核中' }).waitFor(soon)
  await findings.at(clerk, 'return-submitted')
}

/** Somebody above: sends back once, then approves. */
async function approve(page, base, month, findings, name) {
  await page.goto(`${base}/console/assessment/returns`)
  await page.getByRole('button', { name: /处理待办/ }).click()
  await page.waitForURL(new RegExp(`walk\\.monthly/${town}/${month}`), soon)
  const first = page.locator('.items .row:not(.heads)').first()
  assert.match(await first.textContent(), /应急喇叭总数/, 'what is unusual stands first')
  await findings.at(page, name)
  await page.getByRole('button', { name: '通过', exact: true }).click()
  await page.getByText('已处理。').waitFor(soon)
}

/** Facts entered by hand are held to the rule of the form, too; what is only unlikely is taken and said. */
async function enter(analyst, base, findings, month) {
  await analyst.goto(`${base}/console/assessment/facts/new?element=walk.working`)
  await pick(analyst, '第 1 行区域', '东华门街道', '东华门街道')
  await analyst.getByLabel('第 1 行时间').fill(month)
  await analyst.getByLabel('第 1 行数值').fill('99')
  await analyst.getByRole('button', { name: '保存 1 条' }).click()
  await analyst.locator('.result .wrong', { hasText: '完好数不能多于总数' }).waitFor(soon)
  findings.pardon(/422 .*\/api\/measure\/facts/)
  await findings.at(analyst, 'facts-contradict')
  await analyst.getByLabel('第 1 行数值').fill('4')
  await analyst.getByRole('button', { name: '保存 1 条' }).click()
  await analyst.locator('.result .doubt', { hasText: '请核对' }).waitFor(soon)
  await findings.at(analyst, 'facts-doubt')
  await analyst.getByRole('button', { name: '撤销刚才填的' }).click()
  await analyst.getByText('已撤销 1 条').waitFor(soon)
}

/** The whole path. */
export async function returns({ node, open, findings }) {
  const [sysadmin, security, analyst, leader, clerk, reviewer] = await Promise.all(['sysadmin', 'security', 'analyst', 'leader', 'clerk', 'reviewer'].map(open))
  const { base } = node
  for (const [page, name] of [[sysadmin, 'sysadmin'], [security, 'security'], [analyst, 'analyst'], [leader, 'leader']]) await signIn(page, node, name)
  const { body: region } = await ask(leader, 'GET', `/api/regions/${town}`)
  const clerkWord = await account(sysadmin, security, 'filler', '钱填报', region.path, 'reporter')
  const reviewerWord = await account(sysadmin, security, 'checker', '孙审核', region.ancestors.find((a) => a.level === 'district').path, 'reviewer')
  await firstSignIn(clerk, base, 'filler', clerkWord)
  await firstSignIn(reviewer, base, 'checker', reviewerWord)
  const months = monthsBack(13)
  await elements(analyst, months)
  await setUp(analyst, base, findings, months[2])
  await fillIn(clerk, base, findings, months[0])

  // The district sends it back with a reason; the clerk reads it and submits anew.
  await reviewer.goto(`${base}/console/assessment/returns/walk.monthly/${town}/${months[0]}`)
  await reviewer.getByRole('button', { name: '退回', exact: true }).click()
  await reviewer.getByLabel(/为什么退回/).fill('请核对移交清单')
  await reviewer.locator('form.why').getByRole('button', { name: '退回', exact: true }).click()
  await clerk.getByText('请核对移交清单').first().waitFor(soon) // told at once, by the open page
  await clerk.locator('input[id="field-answers.walk.total"]').fill('360')
  await saved(clerk)
  await clerk.getByRole('button', { name: '提交', exact: true }).click()
  await clerk.locator('.state', { hasText: '审核中' }).waitFor(soon)
  await approve(reviewer, base, months[0], findings, 'return-district')
  await approve(leader, base, months[0], findings, 'return-city')
  await leader.locator('.state', { hasText: '已通过' }).waitFor(soon)

  const [paper] = await Promise.all([leader.waitForEvent('download', soon), leader.getByRole('link', { name: '导出 PDF' }).click()])
  assert.match(paper.suggestedFilename(), /^喇叭运行月报.*东华门街道.*\.pdf$/)
  assert.equal(readFileSync(await paper.path()).subarray(0, 5).toString(), '%PDF-')
  await enter(analyst, base, findings, months[1])

  // A correction: what was locked stays in sight.
  await clerk.reload()
  await clerk.getByRole('button', { name: '更正', exact: true }).click()
  await clerk.getByLabel(/为什么要更正/).fill('三台重复登记')
  await clerk.locator('form.why').getByRole('button', { name: '更正', exact: true }).click()
  await clerk.locator('input[id="field-answers.walk.total"]').fill('357')
  await saved(clerk)
  await clerk.getByRole('button', { name: '提交', exact: true }).click()
  await clerk.locator('.state', { hasText: '审核中' }).waitFor(soon)
  await approve(reviewer, base, months[0], findings, 'return-correction')
  await approve(leader, base, months[0], findings, 'return-correction-city')
  await leader.locator('.corrections', { hasText: '三台重复登记' }).locator('s', { hasText: '360' }).waitFor(soon)
  await findings.at(leader, 'return-corrected')

  // A whole period from a spreadsheet, wrong in a place, and taken back.
  await analyst.goto(`${base}/console/assessment/returns/walk.monthly?sheet`)
  const [download] = await Promise.all([analyst.waitForEvent('download', soon), analyst.getByRole('link', { name: /下载表格/ }).click()])
  assert.match(download.suggestedFilename(), /walk\.monthly.*\.xlsx/)
  const sheet = join(tmpdir(), `tongsheng-sheet-${process.pid}.csv`)
  writeFileSync(sheet, '区域,应急喇叭总数,完好喇叭数,负责人\n东城区景山街道,30,29,张\n东城区交道口街道,二十,18,李\n没有的街道,1,1,王\n')
  await analyst.locator('#field-sheet').setInputFiles(sheet)
  await analyst.getByText('将改动 2 份报表的 3 个数。').waitFor(soon)
  await findings.at(analyst, 'sheet-look')
  await analyst.getByRole('button', { name: '写入 2 份草稿' }).click()
  await analyst.getByText('已改动 2 份报表的 3 个数').waitFor(soon)
  await analyst.reload()
  await analyst.getByRole('button', { name: '撤回这次批量填报' }).click()
  await analyst.getByText(/已于 .* 撤回/).waitFor(soon)
  await findings.at(analyst, 'board')

  // A file of facts.
  await analyst.goto(`${base}/console/assessment/imports`)
  const file = join(tmpdir(), `tongsheng-facts-${process.pid}.csv`)
  const against = join(tmpdir(), `tongsheng-against-${process.pid}.csv`)
  writeFileSync(against, `数据项,区域,周期,数值\n完好喇叭数,东城区东华门街道,${months[1]},99\n`)
  await analyst.locator('#field-file').setInputFiles(against)
  await analyst.getByRole('button', { name: '检查文件' }).click()
  await analyst.getByText('完好数不能多于总数').waitFor(soon)
  await findings.at(analyst, 'facts-against-rule')
  writeFileSync(file, `数据项,区域,周期,数值,备注\n当月维修次数,东城区景山街道,${months[1]},4,x\n当月维修次数,东城区景山街道,${months[1]},5,x\n当月维修次数,东城区交道口街道,${months[1]},2,x\n`)
  await analyst.locator('#field-file').setInputFiles(file)
  await analyst.getByRole('button', { name: '检查文件' }).click()
  await analyst.getByRole('heading', { name: '有误的 1 处' }).waitFor(soon)
  await findings.at(analyst, 'facts-looked')
  await analyst.getByLabel(/跳过有误的/).check()
  await analyst.getByRole('button', { name: '导入 2 个数' }).click()
  await analyst.getByRole('button', { name: '撤回这次导入' }).click()
  await analyst.getByRole('button', { name: '撤回 2 个数' }).click()
  await analyst.getByText('这次导入的数已撤回').waitFor(soon)
  await findings.at(analyst, 'facts-undone')
  return { sysadmin, security, analyst, leader, clerk, reviewer }
}
