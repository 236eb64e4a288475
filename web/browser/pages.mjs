// Every other page of the console as each role sees it, in both languages, wide and narrow,
// light and dark.
import { resting } from './look.mjs'

const seenBy = {
  officer: ['/', '/standards/templates', '/standards/templates/rainstorm-red', '/standards/events', '/standards/sending', '/standards/precedence', '/standards/pronunciations', '/standards/escalation', '/standards/conduct',
    '/delivery/outputs', '/delivery/outputs/new', '/delivery/gateways', '/monitoring/televisions', '/delivery/duty', '/delivery/duty?part=air', '/delivery/duty?part=shift', '/delivery/duty?part=log', '/delivery/duty?part=reports', '/delivery/duty?part=roster', '/delivery/duty?part=mic',
    '/delivery/drills', '/delivery/everyday', '/delivery/messages', '/delivery/compose?template=rainstorm-red', '/monitoring/devices', '/monitoring/devices?view=map', '/monitoring/pair', '/response', '/assessment', '/system/profile'],
  leader: ['/delivery/duty?part=roster', '/delivery/drills/new', '/standards/sending', '/standards/precedence', '/standards/escalation', '/standards/conduct', '/standards/pronunciations', '/delivery/stop'],
  analyst: ['/standards/owed', '/standards/owed/new', '/assessment/indicators', '/assessment/indicators/alert_reach', '/assessment/indicators/new?from=alert_reach', '/assessment/elements/population', '/assessment/things', '/assessment/things?kind=fund', '/assessment/things/outlet:s01', '/assessment/things/new', '/assessment/scores/funds', '/assessment/scores/outlets', '/assessment/facts', '/assessment/facts/new', '/assessment/boards', '/assessment/explorer', '/assessment/explorer?indicator=alert_reach,alert_time&view=table',
    '/assessment/explorer?indicator=alert_reach&level=township&within=110105000000&view=map', '/assessment/value?indicator=alert_reach&unit=110000000000&period=2026',
    '/assessment', '/assessment/scores', '/assessment/scores?part=sure', '/assessment/scores/operators', '/assessment/scores/service/110000000000', '/assessment/indicators/obj.cable', '/assessment/scores/service/110109000000', '/assessment/indices', '/assessment/indices/service', '/assessment/indices/new?from=service', '/assessment/methods', '/assessment/methods/new', '/assessment/methods/districts.yearly',
    '/assessment/returns', '/assessment/returns/walk.monthly', '/assessment/returns/walk.monthly?sheet', '/assessment/imports', '/assessment/forms', '/assessment/forms/walk.monthly', '/assessment/forms/walk.no_more?part=rules',
    '/assessment/funds', '/assessment/funds?year=2031', '/assessment/funds/list', '/assessment/funds/list?kind=payment&state=confirmed', '/assessment/funds/list/new', '/assessment/funds/purposes', '/assessment/funds/purposes/upkeep', '/assessment/funds/purposes/new',
    '/assessment/unit-costs', '/assessment/unit-costs?indicator=cost.speaker', '/assessment/feeders', '/assessment/feeders/new'],
  operator: ['/response/call', '/response/open?type=repair', '/response/news'],
  dispatcher: ['/response/cases', '/response/cases?tab=all&overdue=true', '/response/open', '/response/paper?type=repair&start=report'],
  technician: ['/response/cases', '/response/absence'],
  designer: ['/response/designs', '/response/designs/repair', '/response/designs/repair?part=table', '/response/designs/fresh?new=1'],
  registrar: ['/delivery/parties', '/delivery/parties?kind=person', '/delivery/parties/new'],
  sender: ['/assessment/survey-sends'],
  author: ['/assessment/surveys'],
  district: ['/', '/standards/owed', '/assessment', '/assessment/things', '/assessment/scores', '/assessment/scores/service/110108000000', '/assessment/methods', '/assessment/returns', '/assessment/facts', '/assessment/facts/new', '/assessment/imports', '/assessment/explorer', '/assessment/value?indicator=alert_reach&unit=110108000000&period=2026', '/assessment/funds', '/assessment/funds/list', '/assessment/unit-costs'],
  sysadmin: ['/system/accounts', '/system/links'],
  security: ['/system/accounts', '/system/sources', '/system/sources/new', '/system/platforms', '/system/keys'],
  agency: ['/assessment/survey-runs'],
  auditor: ['/system/audit', '/assessment/funds', '/assessment/funds/list', '/assessment/unit-costs'],
}

const looks = [
  { name: 'wide-en-dark', size: { width: 1440, height: 900 }, lang: 'en', theme: 'dark' },
  { name: 'phone-zh', size: { width: 390, height: 844 }, lang: 'zh', theme: 'light' },
]

/** Sets how one's pages look, as the account menu does. */
async function prefer(page, choice) {
  await page.evaluate((body) => fetch('/api/profile', { method: 'PATCH', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }), choice)
}

/** Walks the pages of one who is signed in. */
export async function walk({ page, base, name, findings, more = [] }) {
  const rest = resting(page)
  for (const look of looks) {
    await page.setViewportSize(look.size)
    await prefer(page, { lang: look.lang, theme: look.theme })
    for (const path of [...seenBy[name], ...more]) {
      await page.goto(`${base}/console${path}`)
      await page.locator('main h1, main h2').first().waitFor({ state: 'attached', timeout: 30_000 })
      await rest()
      await findings.at(page, `${look.name}-${name}${path.replace(/\W+/g, '-')}`)
    }
  }
  await prefer(page, { lang: 'zh', theme: 'light' })
  await page.setViewportSize({ width: 1440, height: 900 })
}
