import { chromium } from 'playwright-core'
import { readFileSync } from 'node:fs'
import { signIn } from './mainjob.mjs'
const base = 'http://127.0.0.1:18561'
const accounts = {}
for (const l of readFileSync('/tmp/own-drill.log', 'utf8').split('\n')) { const m = l.match(/^  (\w+)\s+(\S+) ([A-Z2-7]{16,})$/); if (m) accounts[m[1]] = { password: m[2], secret: m[3] } }
const node = { base, accounts }
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
async function open(who) {
  const ctx = await browser.newContext({ locale: 'zh-CN', timezoneId: 'Asia/Shanghai', viewport: { width: 1440, height: 900 } })
  const page = await ctx.newPage()
  page.on('pageerror', e => console.log('pageerror', e.message)); page.on('console', m => m.type() === 'error' && console.log('console', m.text()))
  await page.goto(base + '/console/')
  await signIn(page, node, who)
  await page.waitForTimeout(1500)
  page.api = (method, path, body, tag) => page.evaluate(async ([method, path, body, tag]) => { const r = await fetch(path, { method, headers: { 'Content-Type': 'application/json', ...(tag ? { 'If-Match': `"${tag}"` } : {}) }, body: body && JSON.stringify(body) }); const t = await r.text(); if (!r.ok) console.error(path, t.slice(0, 300)); try { return JSON.parse(t) } catch { return t } }, [method, path, body, tag])
  return page
}
const officer = await open('officer'), leader = await open('leader')
const looks = { wzl: [1440, 1100, 'zh', 'light'], wed: [1440, 1100, 'en', 'dark'], nzl: [390, 844, 'zh', 'light'] }
async function shot(page, path, name, which = Object.keys(looks)) {
  for (const k of which) {
    const [w, h, lang, theme] = looks[k]
    await page.setViewportSize({ width: w, height: h })
    await page.api('PATCH', '/api/profile', { lang, theme })
    await page.goto(base + '/console' + path); await page.waitForTimeout(3500)
    // the whole of a scrolling body
    const tall = await page.evaluate(() => { const b = document.querySelector('.page-body'); return b ? b.scrollHeight - b.clientHeight : 0 })
    await page.setViewportSize({ width: w, height: Math.min(h + tall, 5000) }); await page.waitForTimeout(1200)
    await page.screenshot({ path: `/tmp/shots/${name}-${k}.png` })
  }
}
const plan = (at) => ({ name: '汛前应急广播演练', purpose: '看朝阳、东城多久能听到，值班员多久受理', kind: 'terminal_drill', at: new Date(Date.now() + at).toISOString(), minutes: 30,
  scenario: { event: '10203', severity: 'orange', texts: [{ lang: 'zh', title: '暴雨橙色预警', body: '预计未来三小时降雨超过五十毫米，请注意防范。' }], plays: 1 }, area: { regions: ['110105000000', '110101000000'] }, media: ['loudspeaker', 'out.push', 'screen'],
  participants: [{ name: '朝阳区应急局', part: '组织现场收听' }], targets: { reach: 95, half: 5, most: 10, nearly: 30, take: 60, sign: 120 }, steps: ['核对参与人员到位', '现场收听', '收集没有响的终端'], announced: true })
const wait = (ms) => new Promise((r) => setTimeout(r, ms))
async function hold(shots) {
  let d = await officer.api('POST', '/api/drills', plan(3600e3))
  if (shots) { await shot(leader, `/delivery/drills/${d.id}`, 'planned', ['wzl', 'nzl']) }
  d = await leader.api('POST', `/api/drills/${d.id}/approve`, undefined, d.revision)
  d = await leader.api('POST', `/api/drills/${d.id}/start`, undefined, d.revision)
  await wait(1500)
  await officer.api('POST', `/api/duty/desk/drill/${d.id}/take`)
  await wait(2000)
  const m = await officer.api('POST', `/api/alerts/${d.message}/check`, { textOnly: true, force: '演练' })
  await wait(1500)
  if (m.open) await leader.api('POST', `/api/alerts/${d.message}/countersign`, { digest: m.open.digest })
  await officer.api('PUT', `/api/drills/${d.id}/steps/0`, { done: true })
  await officer.api('POST', `/api/drills/${d.id}/notes`, { text: '三里屯村听到，声音偏小' })
  await wait(8000)
  if (shots) await shot(leader, `/delivery/drills/${d.id}`, 'running')
  console.log(JSON.stringify(await leader.api('POST', `/api/drills/${d.id}/call-off`, { reason: '演练内容已播完' })).slice(0, 200))
  return d.id
}
await shot(officer, '/delivery/drills', 'empty', ['wzl', 'nzl'])
await shot(officer, '/delivery/drills/new', 'new')
const first = await hold(false)
const second = await hold(true)
console.log('wait', first, second)
for (let i = 0; i < 50; i++) { const d = await leader.api('GET', `/api/drills/${second}`); if (d.state === 'done') break; await wait(2000) }
let d = await leader.api('GET', `/api/drills/${second}`)
await shot(leader, `/delivery/drills/${second}`, 'done', ['wed'])
d = await leader.api('PUT', `/api/drills/${second}/evaluation`, { text: '触达达到期望，受理偏慢。', lessons: [{ text: '检修离线终端', owner: '张工', due: '2026-12-31', done: false }] }, d.revision)
await shot(leader, `/delivery/drills/${second}`, 'evaluated')
await shot(leader, '/delivery/drills', 'list')
const pdf = await leader.evaluate(async (id) => { const out = {}; for (const f of ['pdf', 'csv']) { const r = await fetch(`/api/drills/${id}/document?format=${f}&lang=zh`); const b = new Uint8Array(await r.arrayBuffer()); out[f] = btoa([...b].map((c) => String.fromCharCode(c)).join('')) } return out }, second)
const { writeFileSync } = await import('node:fs')
for (const [f, b] of Object.entries(pdf)) writeFileSync(`/tmp/shots/drill.${f}`, Buffer.from(b, 'base64'))
await browser.close()
