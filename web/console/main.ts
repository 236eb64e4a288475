import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { createApp } from 'vue'
import '@/shared/tokens.css'
import '@/shared/controls.css'
import './console.css'
import { addCatalogues } from '@/shared/i18n.ts'
import { asProblem } from '@/shared/api/problem.ts'
import App from './App.vue'
import './finders.ts'
import { forgetOthers } from './handover.ts'
import { router } from './router.ts'
import { user } from './session.ts'

addCatalogues(import.meta.glob(['../shared/locales/*/*.json', '!**/portal*.json', '!**/door.json'], { eager: true, import: 'default' }))

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      refetchOnWindowFocus: true,
      // Only what may pass by itself is tried again: no answer, or a server in trouble.
      retry: (count, error) => count < 2 && [0, 502, 503, 504].includes(asProblem(error).status),
    },
  },
})

forgetOthers(user, queryClient)
createApp(App).use(router).use(VueQueryPlugin, { queryClient }).mount('#app')
