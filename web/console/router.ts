// Addresses of the console. Lists keep their filters in the query, details their id in the path.
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { placeRoutes } from './places.ts'
import { readSession, user } from './session.ts'

const routes: RouteRecordRaw[] = [
  { path: '/sign-in', name: 'sign-in', component: () => import('./pages/SignIn.vue'), meta: { bare: true } },
  { path: '/', name: 'home', component: () => import('./pages/home/HomePage.vue') },
  ...placeRoutes,
  { path: '/delivery/compose/:id?', name: 'compose', component: () => import('./pages/compose/ComposePage.vue') },
  { path: '/delivery/messages/:id?', name: 'messages', component: () => import('./pages/messages/MessagesPage.vue') },
  { path: '/:rest(.*)*', name: 'lost', component: () => import('./pages/LostPage.vue') },
]

export const router = createRouter({ history: createWebHistory('/console/'), routes })

let asked = false

router.beforeEach(async (to) => {
  if (!asked) {
    asked = true
    await readSession().catch(() => undefined) // the page itself will say that the server is away
  }
  if (!user.value && to.name !== 'sign-in') return { name: 'sign-in', query: { to: to.fullPath } }
  return true
})
