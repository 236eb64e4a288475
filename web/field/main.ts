// The interviewer's page: everything that is needed to ask people is taken along, what they say
// stays on the telephone until the platform has it. It opens without the network.
import { createApp } from 'vue'
import '@/shared/tokens.css'
import '@/shared/controls.css'
import '@/shared/phone/phone.css'
import { addCatalogues } from '@/shared/i18n.ts'
import { dress } from '@/shared/phone/dress.ts'
import { keepOffline } from '@/shared/terminal/watch.ts'
import App from './App.vue'

addCatalogues(import.meta.glob(['../shared/locales/*/{field,phone,fault,survey,shared}.json'], { eager: true, import: 'default' }))

dress()
keepOffline('/field/')
createApp(App).mount('#field')
