// The places of the loop and their pages: what the rail shows and the palette finds. A page
// appears to those who hold its permission.
import { t } from '@/shared/i18n.ts'
import { may } from './session.ts'
import { matches, providers } from './shell/palette.ts'

interface PageOf {
  key: string // route name and catalogue key "page.<key>"
  path: string
  permission?: string | string[] // one of them
  exact?: boolean // its path is the beginning of others'
}

interface Place {
  key: string // catalogue key "place.<key>"
  pages: PageOf[]
}

export const home: PageOf = { key: 'home', path: '/' }

const places: Place[] = [
  { key: 'standards', pages: [
    { key: 'owed', path: '/standards/owed', permission: 'measure.read' },
    { key: 'templates', path: '/standards/templates', permission: 'alert.read' },
    { key: 'events', path: '/standards/events', permission: 'alert.read' },
    { key: 'sending', path: '/standards/sending', permission: 'alert.read' },
    { key: 'precedence', path: '/standards/precedence', permission: 'alert.read' },
    { key: 'escalation', path: '/standards/escalation', permission: 'alert.read' },
    { key: 'conduct', path: '/standards/conduct', permission: 'alert.read' },
    { key: 'pronunciations', path: '/standards/pronunciations', permission: 'alert.read' },
  ] },
  { key: 'delivery', pages: [
    { key: 'duty', path: '/delivery/duty', permission: 'alert.duty' },
    { key: 'messages', path: '/delivery/messages', permission: 'alert.read' },
    { key: 'compose', path: '/delivery/compose', permission: 'alert.draft' },
    { key: 'drills', path: '/delivery/drills', permission: 'alert.read' },
    { key: 'outputs', path: '/delivery/outputs', permission: 'alert.read' },
    { key: 'gateways', path: '/delivery/gateways', permission: 'alert.outputs' },
    { key: 'everyday', path: '/delivery/everyday', permission: 'channel.read' },
    { key: 'parties', path: '/delivery/parties', permission: 'party.read' },
    { key: 'stop', path: '/delivery/stop', permission: 'alert.stop_all' },
  ] },
  { key: 'monitoring', pages: [
    { key: 'devices', path: '/monitoring/devices', permission: 'asset.read' },
    { key: 'televisions', path: '/monitoring/televisions', permission: 'alert.read' },
    { key: 'sites', path: '/monitoring/sites', permission: 'asset.read' },
    { key: 'imports', path: '/monitoring/imports', permission: 'asset.import' },
    { key: 'enrolment', path: '/monitoring/enrolment', permission: 'asset.enrol' },
    { key: 'pair', path: '/monitoring/pair', permission: 'asset.enrol' },
  ] },
  { key: 'response', pages: [
    { key: 'cases', path: '/response/cases', permission: 'casework.work' },
    { key: 'call', path: '/response/call', permission: 'casework.post.operator' },
    { key: 'news', path: '/response/news', permission: 'casework.work' },
    { key: 'absence', path: '/response/absence', permission: 'casework.work' },
    { key: 'designs', path: '/response/designs', permission: 'casework.design' },
    { key: 'tasks', path: '/response/tasks', permission: ['casework.post.technician', 'casework.post.inspector'] },
    { key: 'hands', path: '/response/hands', permission: 'asset.read' },
  ] },
  { key: 'assessment', pages: [
    { key: 'cockpit', path: '/assessment', permission: ['alert.read', 'measure.read'], exact: true },
    { key: 'scores', path: '/assessment/scores', permission: 'measure.read' },
    { key: 'indices', path: '/assessment/indices', permission: 'measure.read' },
    { key: 'methods', path: '/assessment/methods', permission: 'measure.read' },
    { key: 'reach', path: '/assessment/reach', permission: 'alert.read' },
    { key: 'availability', path: '/assessment/availability', permission: 'asset.read' },
    { key: 'boards', path: '/assessment/boards', permission: 'measure.read' },
    { key: 'explorer', path: '/assessment/explorer', permission: 'measure.read' },
    { key: 'indicators', path: '/assessment/indicators', permission: 'measure.read' },
    { key: 'elements', path: '/assessment/elements', permission: 'measure.read' },
    { key: 'things', path: '/assessment/things', permission: 'measure.read' },
    { key: 'facts', path: '/assessment/facts', permission: 'measure.read' },
    { key: 'returns', path: '/assessment/returns', permission: 'measure.read' },
    { key: 'fact-imports', path: '/assessment/imports', permission: 'measure.state' },
    { key: 'forms', path: '/assessment/forms', permission: 'measure.define' },
    { key: 'money', path: '/assessment/funds', permission: 'measure.read' },
    { key: 'unit-costs', path: '/assessment/unit-costs', permission: 'measure.read' },
    { key: 'feeders', path: '/assessment/feeders', permission: 'measure.define' },
    { key: 'surveys', path: '/assessment/surveys', permission: 'measure.read' },
    { key: 'survey-runs', path: '/assessment/survey-runs', permission: 'measure.survey.run' },
    { key: 'interviews', path: '/assessment/interviews', permission: 'measure.survey.interview' },
    { key: 'survey-sends', path: '/assessment/survey-sends', permission: 'measure.survey.send' },
  ] },
  { key: 'system', pages: [
    { key: 'accounts', path: '/system/accounts', permission: 'account.read' },
    { key: 'audit', path: '/system/audit', permission: 'audit.read' },
    { key: 'sources', path: '/system/sources', permission: 'alert.sources' },
    { key: 'keys', path: '/system/keys', permission: 'keyring.rotate' },
    { key: 'platforms', path: '/system/platforms', permission: 'alert.read' },
    { key: 'links', path: '/system/links', permission: 'link.read' },
    { key: 'profile', path: '/system/profile' },
  ] },
]

const mayOpenPage = ({ permission }: PageOf): boolean => !permission || [permission].flat().some((one) => may(one))

/** The places with the pages that the signed-in person may open. */
export const openPlaces = (): Place[] =>
  places.map((place) => ({ ...place, pages: place.pages.filter(mayOpenPage) })).filter((place) => place.pages.length > 0)

/** Whether the map has anything to show to the signed-in person. */
export const mayHome = (): boolean => may('asset.read') || may('alert.read')

/** Where somebody goes to whom the map shows nothing: the first page that they may open. */
export const firstPage = (): string => openPlaces()[0]?.pages[0]?.path ?? '/system/profile'

/** Whether the signed-in person may open a route; one that is in no place is open to all. */
export const mayOpen = (name: unknown): boolean =>
  !places.some((place) => place.pages.some((page) => page.key === name && !mayOpenPage(page)))

providers.push({
  key: 'pages',
  find: (words) => [...(mayHome() ? [{ page: home, place: '' }] : []), ...openPlaces().flatMap((p) => p.pages.map((page) => ({ page, place: p.key })))]
    .map(({ page, place }) => ({ id: `page-${page.key}`, label: t(`page.${page.key}`), note: place && t(`place.${place}`), to: page.path }))
    .filter((found) => matches(words, found.label, found.note, found.to)),
})
