// The page of those who repair and inspect: what is to be done is taken along, what was done stays
// on the telephone until the platform has it. It opens without the network.
import { createApp } from 'vue'
import '@/shared/tokens.css'
import '@/shared/controls.css'
import '@/shared/phone/phone.css'
import './task.css'
import { formHost } from '@/shared/case/host.ts'
import { addCatalogues } from '@/shared/i18n.ts'
import { dress } from '@/shared/phone/dress.ts'
import { keepOffline } from '@/shared/terminal/watch.ts'
import App from './App.vue'
import { phoneHost } from './host.ts'

addCatalogues(import.meta.glob(['../shared/locales/*/{task,case,phone,shared}.json'], { eager: true, import: 'default' }))
dress()
keepOffline('/task/')
createApp(App).provide(formHost, phoneHost).mount('#task')
