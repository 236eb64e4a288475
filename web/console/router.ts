// Addresses of the console. Lists keep their filters in the query, details their id in the path.
import { nextTick } from 'vue'
import { createRouter, createWebHistory, START_LOCATION, type RouteRecordRaw } from 'vue-router'
import { firstPage, mayHome } from './places.ts'
import { may, readClock, readSession, user } from './session.ts'

const routes: RouteRecordRaw[] = [
  { path: '/sign-in', name: 'sign-in', component: () => import('./pages/SignIn.vue'), meta: { bare: true } },
  { path: '/', name: 'home', component: () => import('./pages/home/HomePage.vue') },

  { path: '/standards/owed', name: 'owed', component: () => import('./pages/standards/owed/StandardsPage.vue') },
  { path: '/standards/owed/new', name: 'standard-new', component: () => import('./pages/standards/owed/NewPage.vue') },
  { path: '/standards/owed/:id', name: 'standard', component: () => import('./pages/standards/owed/StandardPage.vue') },
  { path: '/standards/templates/:key?', name: 'templates', component: () => import('./pages/standards/TemplatesPage.vue') },
  { path: '/standards/events', name: 'events', component: () => import('./pages/standards/EventsPage.vue') },
  { path: '/standards/sending', name: 'sending', component: () => import('./pages/standards/SendingPage.vue') },
  { path: '/standards/precedence', name: 'precedence', component: () => import('./pages/standards/PrecedencePage.vue') },
  { path: '/standards/escalation', name: 'escalation', component: () => import('./pages/standards/EscalationPage.vue') },
  { path: '/standards/conduct', name: 'conduct', component: () => import('./pages/standards/ConductPage.vue') },
  { path: '/standards/pronunciations', name: 'pronunciations', component: () => import('./pages/standards/PronunciationsPage.vue') },

  { path: '/delivery/duty', name: 'duty', component: () => import('./pages/delivery/duty/DutyPage.vue') },
  { path: '/sign/:id', name: 'sign', component: () => import('./pages/SignPage.vue'), meta: { bare: true } },
  { path: '/delivery/everyday', name: 'everyday', component: () => import('./pages/delivery/everyday/EverydayPage.vue') },
  { path: '/delivery/everyday/:id', name: 'timetable', component: () => import('./pages/delivery/everyday/TimetablePage.vue') },
  { path: '/delivery/messages/:id?', name: 'messages', component: () => import('./pages/delivery/messages/MessagesPage.vue') },
  { path: '/delivery/compose/:id?', name: 'compose', component: () => import('./pages/delivery/compose/ComposePage.vue') },
  { path: '/delivery/outputs/:id?', name: 'outputs', component: () => import('./pages/delivery/outputs/OutputsPage.vue') },
  { path: '/delivery/gateways', name: 'gateways', component: () => import('./pages/delivery/duty/GatewaysPage.vue') },
  { path: '/delivery/drills', name: 'drills', component: () => import('./pages/delivery/drills/DrillsPage.vue') },
  { path: '/delivery/drills/new', name: 'drill-new', component: () => import('./pages/delivery/drills/PlanPage.vue') },
  { path: '/delivery/drills/:id/edit', name: 'drill-edit', component: () => import('./pages/delivery/drills/PlanPage.vue') },
  { path: '/delivery/drills/:id', name: 'drill', component: () => import('./pages/delivery/drills/DrillPage.vue') },
  { path: '/delivery/parties/:id?', name: 'parties', component: () => import('./pages/delivery/parties/PartiesPage.vue') },
  { path: '/delivery/parties/licences', name: 'party-licences', component: () => import('./pages/delivery/parties/LicencesPage.vue') },
  { path: '/delivery/parties/pool', name: 'party-pool', component: () => import('./pages/delivery/parties/PoolPage.vue') },
  { path: '/delivery/parties/duplicates', name: 'party-duplicates', component: () => import('./pages/delivery/parties/DuplicatesPage.vue') },
  { path: '/delivery/parties/imports', name: 'party-imports', component: () => import('./pages/delivery/parties/ImportsPage.vue') },
  { path: '/delivery/parties/lists', name: 'party-terms', component: () => import('./pages/delivery/parties/TermsPage.vue') },
  { path: '/delivery/stop', name: 'stop', component: () => import('./pages/delivery/StopPage.vue') },

  { path: '/monitoring/devices/:id?', name: 'devices', component: () => import('./pages/monitoring/DevicesPage.vue') },
  { path: '/monitoring/imports/:id?', name: 'imports', component: () => import('./pages/monitoring/ImportsPage.vue') },
  { path: '/monitoring/enrolment', name: 'enrolment', component: () => import('./pages/monitoring/EnrolmentPage.vue') },
  { path: '/monitoring/pair', name: 'pair', component: () => import('./pages/monitoring/PairPage.vue') },
  { path: '/monitoring/televisions', name: 'televisions', component: () => import('./pages/monitoring/TelevisionsPage.vue') },
  { path: '/monitoring/sites/:id?', name: 'sites', component: () => import('./pages/monitoring/SitesPage.vue') },
  { path: '/monitoring/labels', name: 'labels', component: () => import('./pages/monitoring/LabelsPage.vue') },

  { path: '/response', redirect: ({ query }) => ({ name: may('casework.work') && !query.part ? 'cases' : 'hands', query }) },
  { path: '/response/hands', name: 'hands', component: () => import('./pages/response/ResponsePage.vue') },
  { path: '/response/cases/:id?', name: 'cases', component: () => import('./pages/response/cases/CasesPage.vue') },
  { path: '/response/open', name: 'case-new', component: () => import('./pages/response/open/OpenPage.vue') },
  { path: '/response/paper', name: 'case-paper', component: () => import('./pages/response/open/PaperPage.vue') },
  { path: '/response/call', name: 'call', component: () => import('./pages/response/call/CallPage.vue') },
  { path: '/response/news', name: 'news', component: () => import('./pages/response/own/NewsPage.vue') },
  { path: '/response/absence', name: 'absence', component: () => import('./pages/response/own/AbsencePage.vue') },
  { path: '/response/designs', name: 'designs', component: () => import('./pages/response/design/DesignsPage.vue') },
  { path: '/response/designs/:code', name: 'design', component: () => import('./pages/response/design/DesignPage.vue') },

  { path: '/assessment', name: 'cockpit', component: () => import('./pages/assessment/score/CockpitPage.vue') },
  { path: '/assessment/reach', name: 'reach', component: () => import('./pages/assessment/AssessmentPage.vue') },
  { path: '/assessment/returns/:form?', name: 'returns', component: () => import('./pages/assessment/returns/ReturnsPage.vue') },
  { path: '/assessment/returns/:form/:unit/:period', name: 'return', component: () => import('./pages/assessment/returns/ReturnPage.vue') },
  { path: '/assessment/imports/:id?', name: 'fact-imports', component: () => import('./pages/assessment/imports/FactImportsPage.vue') },
  { path: '/assessment/forms/:code?', name: 'forms', component: () => import('./pages/assessment/forms/FormsPage.vue') },
  { path: '/assessment/availability', name: 'availability', component: () => import('./pages/assessment/AvailabilityPage.vue') },
  { path: '/assessment/scores/:code?', name: 'scores', component: () => import('./pages/assessment/score/ScoresPage.vue') },
  { path: '/assessment/scores/:code/:unit', name: 'scorecard', component: () => import('./pages/assessment/score/ScorecardPage.vue') },
  { path: '/assessment/indices/:code?', name: 'indices', component: () => import('./pages/assessment/score/IndicesPage.vue') },
  { path: '/assessment/methods/:code?', name: 'methods', component: () => import('./pages/assessment/score/MethodsPage.vue') },
  { path: '/assessment/assessments/:id', name: 'assess', component: () => import('./pages/assessment/score/AssessPage.vue') },
  { path: '/assessment/boards', name: 'boards', component: () => import('./pages/assessment/boards/BoardsPage.vue') },
  { path: '/assessment/boards/:id', name: 'board', component: () => import('./pages/assessment/boards/BoardPage.vue') },
  { path: '/assessment/explorer', name: 'explorer', component: () => import('./pages/assessment/explorer/ExplorerPage.vue') },
  { path: '/assessment/value', name: 'value', component: () => import('./pages/assessment/explorer/ValuePage.vue') },
  { path: '/assessment/indicators/:code?', name: 'indicators', component: () => import('./pages/assessment/indicators/IndicatorsPage.vue') },
  { path: '/assessment/elements/:code?', name: 'elements', component: () => import('./pages/assessment/elements/ElementsPage.vue') },
  { path: '/assessment/things/:id?', name: 'things', component: () => import('./pages/assessment/things/ThingsPage.vue') },
  { path: '/assessment/facts/:id?', name: 'facts', component: () => import('./pages/assessment/facts/FactsPage.vue') },
  { path: '/assessment/funds', name: 'money', component: () => import('./pages/assessment/money/MoneyPage.vue') },
  { path: '/assessment/funds/list/:id?', name: 'funds', component: () => import('./pages/assessment/money/FundsPage.vue') },
  { path: '/assessment/funds/purposes/:code?', name: 'purposes', component: () => import('./pages/assessment/money/PurposesPage.vue') },
  { path: '/assessment/unit-costs', name: 'unit-costs', component: () => import('./pages/assessment/money/UnitCostsPage.vue') },
  { path: '/assessment/feeders/:id?', name: 'feeders', component: () => import('./pages/assessment/feeders/FeedersPage.vue') },
  { path: '/assessment/surveys', name: 'surveys', component: () => import('./pages/assessment/surveys/SurveysPage.vue') },
  { path: '/assessment/surveys/:id/:tab?', name: 'survey', component: () => import('./pages/assessment/surveys/SurveyPage.vue') },
  // Interviewers, and those who repair and inspect, work on pages of their own, which open without the network.
  { path: '/response/tasks', name: 'tasks', component: { render: () => null }, beforeEnter: (to) => (location.assign(`/task/${to.fullPath.slice(to.path.length)}`), false) },
  { path: '/assessment/interviews', name: 'interviews', component: { render: () => null }, beforeEnter: () => (location.assign('/field/'), false) },
  { path: '/assessment/survey-sends/:id?', name: 'survey-sends', component: () => import('./pages/assessment/surveys/SendPage.vue') },
  { path: '/assessment/survey-runs/:id?', name: 'survey-runs', component: () => import('./pages/assessment/surveys/RunPage.vue') },

  { path: '/system/accounts/:id?', name: 'accounts', component: () => import('./pages/system/AccountsPage.vue') },
  { path: '/system/audit', name: 'audit', component: () => import('./pages/system/AuditPage.vue') },
  { path: '/system/sources/:id?', name: 'sources', component: () => import('./pages/system/sources/SourcesPage.vue') },
  { path: '/system/keys', name: 'keys', component: () => import('./pages/system/KeysPage.vue') },
  { path: '/system/platforms/:id?', name: 'platforms', component: () => import('./pages/system/PlatformsPage.vue') },
  { path: '/system/links', name: 'links', component: () => import('./pages/system/links/LinksPage.vue') },
  { path: '/system/profile', name: 'profile', component: () => import('./pages/system/ProfilePage.vue') },

  { path: '/:rest(.*)*', name: 'lost', component: () => import('./pages/LostPage.vue') },
]

export const router = createRouter({ history: createWebHistory('/console/'), routes })

// Whoever went on from a control that is gone is led to the new page's heading; a focus that
// is still there stays.
router.afterEach((to, from, failure) => {
  if (failure || from === START_LOCATION || to.path === from.path) return
  void nextTick(() => {
    if (document.activeElement && document.activeElement !== document.body) return
    const heading = document.querySelector<HTMLElement>('h1')
    heading?.setAttribute('tabindex', '-1')
    heading?.focus({ preventScroll: true })
  })
})

let asked = false

router.beforeEach(async (to) => {
  if (!asked) {
    asked = true
    await readSession().catch(() => undefined) // the page itself will say that the server is away
  }
  if (!user.value && to.name !== 'sign-in') return { name: 'sign-in', query: { to: to.fullPath } }
  if (user.value) await readClock()
  if (user.value && to.name === 'home' && !mayHome()) return firstPage()
  return true
})
