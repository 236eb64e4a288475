// The browser test: a whole node, Debian's chromium, the main job from sign-in to report,
// then every page of every role, and the citizens' pages. SHOTS=folder keeps pictures.
import { existsSync, mkdirSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { portal } from '../portal/portal.browser.mjs'
import { boards } from './boards.mjs'
import { cases } from './cases.mjs'
import { reports } from './citizen.mjs'
import { cancel, screen, tv } from './doors.mjs'
import { duty } from './duty.mjs'
import { field } from './field.mjs'
import { Findings } from './look.mjs'
import { mainJob, signIn } from './mainjob.mjs'
import { measure } from './measure.mjs'
import { money } from './money.mjs'
import { startNode } from './node.mjs'
import { walk } from './pages.mjs'
import { parties } from './parties.mjs'
import { published } from './public.mjs'
import { receipt } from './receipt.mjs'
import { returns } from './returns.mjs'
import { scores } from './scores.mjs'
import { sealed } from './sealed.mjs'
import { standards } from './standards.mjs'
import { strata } from './strata.mjs'
import { survey } from './survey.mjs'
import { things } from './things.mjs'
import { task } from './task.mjs'
import { topics } from './topics.mjs'
import { stays } from './stays.mjs'

const executablePath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
if (!executablePath) {
  console.error('No chromium was found. Install it (apt-get install chromium), or name it: CHROMIUM=/path/to/chromium')
  process.exit(1)
}
const shots = process.env.SHOTS
if (shots) mkdirSync(shots, { recursive: true })

const node = await startNode(150)
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--no-first-run', '--disable-quic', '--disable-sync', '--disable-background-networking', '--disable-component-update', '--autoplay-policy=no-user-gesture-required',
    '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'],
})
const findings = new Findings(shots)
const open = async (who) => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN', colorScheme: 'light', bypassCSP: false, acceptDownloads: true })
  const page = await context.newPage()
  findings.watch(page, who)
  return page
}

let failed
try {
  const [officer, leader] = [await open('officer'), await open('leader')]
  const message = await mainJob({ node, officer, leader, findings })
  console.log(`the main job: ${findings.seen} pages judged`)
  const [desk, chief] = [await open('officer at the desk'), await open('leader on call')]
  await signIn(desk, node, 'officer')
  await signIn(chief, node, 'leader')
  const handed = await duty({ node, officer: desk, leader: chief, findings })
  await desk.context().close()
  await chief.context().close()
  console.log(`the duty desk: ${findings.seen} pages judged`)
  await stays({ base: node.base, officer, leader })
  const { analyst, ...people } = await returns({ node, open, findings })
  for (const page of Object.values(people)) await page.context().close()
  await measure({ base: node.base, analyst, findings })
  const walked = await receipt({ base: node.base, analyst, findings })
  console.log(`from the city's score (${walked.said}) to a receipt of ${walked.township}: ${walked.receipt}`)
  const citizen = await open('citizen')
  console.log(`an entered fact stood on the public page ${await published({ base: node.base, analyst, citizen, findings })} ms after it was saved`)
  await citizen.context().close()
  console.log(`a citizen reported a fault with a photograph and followed it in ${await reports({ base: node.base, browser, findings })} ms`)
  const board = await boards({ base: node.base, analyst, other: leader, findings })
  const district = await open('district')
  await signIn(district, node, 'district')
  const took = await scores({ base: node.base, analyst, leader, district, findings })
  await walk({ page: district, base: node.base, name: 'district', findings })
  await district.context().close()
  console.log(`a new user found, explained and printed the worst district in ${took.found} ms and made an index in ${took.made} ms`)
  const standard = (await standards({ base: node.base, officer: analyst, chief: leader, findings })).replace('/console', '')
  const thing = await things({ base: node.base, analyst, findings })
  const funds = await money({ base: node.base, analyst, leader, findings })
  await walk({ page: analyst, base: node.base, name: 'analyst', findings, more: [thing, ...funds, ...['items', 'impact', 'comments', 'compare'].map((tab) => `${standard}?tab=${tab}`), board, `${board}?edit=1&region=110105000000`] })
  await analyst.context().close()
  console.log(`measures: ${findings.seen} pages judged`)
  await walk({ page: officer, base: node.base, name: 'officer', findings, more: [message.replace('/console', '')] })
  await walk({ page: leader, base: node.base, name: 'leader', findings })
  const [registrar, privacy, anybody] = [await open('registrar'), await open('privacy'), await open('anybody')]
  await signIn(registrar, node, 'registrar')
  await signIn(privacy, node, 'privacy')
  const party = await parties({ base: node.base, registrar, privacy, citizen: anybody, findings })
  const of = '/delivery/parties'
  await walk({ page: registrar, base: node.base, name: 'registrar', findings, more: [`${party}?part=licences`, ...['licences', 'pool', 'duplicates', 'imports', 'lists'].map((part) => `${of}/${part}`)] })
  for (const page of [registrar, privacy, anybody]) await page.context().close()
  console.log(`the register of parties: ${findings.seen} pages judged`)
  for (const name of ['sysadmin', 'security', 'auditor', 'agency']) {
    const page = await open(name)
    await signIn(page, node, name)
    await walk({ page, base: node.base, name, findings })
    await page.context().close()
  }
  const fresh = async () => (await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN', acceptDownloads: true })).newPage()
  await survey({ node, analyst: await fresh(), leader: await fresh(), citizen: await fresh(), findings })
  const crew = { operator: await fresh(), dispatcher: await fresh(), technician: await fresh(), designer: await fresh() }
  await cases({ node, ...crew, findings })
  for (const [name, page] of Object.entries(crew)) {
    await walk({ page, base: node.base, name, findings })
    await page.context().close()
  }
  console.log(`cases: ${findings.seen} pages judged`)
  const sender = await fresh()
  const [author, approver] = [await fresh(), await fresh()]
  await sealed({ node, sender, analyst: author, leader: approver, citizen: await fresh(), findings })
  const sorted = await topics({ node, analyst: author, leader: approver, findings })
  await strata({ node, analyst: author, leader: approver, citizen: await fresh(), findings })
  await walk({ page: author, base: node.base, name: 'author', findings, more: ['settings', 'form', 'plan', 'progress', 'results'].map((tab) => `/assessment/surveys/${sorted}/${tab}`) })
  await walk({ page: sender, base: node.base, name: 'sender', findings })
  console.log(`the console: ${findings.seen} pages judged`)
  await task({ node, browser, findings })
  console.log(`technicians without a network: ${findings.seen} pages judged`)
  await field({ browser, findings })
  console.log(`interviewers and surveys on television: ${findings.seen} pages judged`)
  await cancel(officer, handed) // so that nothing is on the air
  const watched = await tv({ base: node.base, browser, officer, leader, findings, shots })
  const shown = await screen({ base: node.base, browser, officer, leader, findings, shots })
  console.log(`the screen and the television: ${findings.seen} pages judged; a screen took over ${shown.took} ms after the second signature was sent, a television ${watched.took} ms`)
  const seen = await portal({ base: node.base, browser, shots })
  console.log(`the portal: ${seen} pages judged`)
  findings.settle()
} catch (thrown) {
  failed = thrown
  for (const [i, context] of browser.contexts().entries()) {
    for (const page of context.pages()) if (shots) await page.screenshot({ path: `${shots}/failed-${i}.png` }).catch(() => undefined)
  }
  if (findings.list.length) console.error(findings.list.join('\n'))
} finally {
  await browser.close()
  await node.stop()
}
if (failed) {
  console.error(failed)
  process.exit(1)
}
