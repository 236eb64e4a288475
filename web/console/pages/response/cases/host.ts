// Forms in the console ask the staff's interface, and point on the city's map.
import { defineAsyncComponent } from 'vue'
import { staffHost, type FormHost } from '@/shared/case/host.ts'

export const consoleHost: FormHost = { ...staffHost, pointMap: defineAsyncComponent(() => import('./PointMap.vue')) }
