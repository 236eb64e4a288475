// The map as pages take it: its program is large and comes when it is wanted.
import { defineAsyncComponent } from 'vue'
import MapWaiting from './MapWaiting.vue'

export const CityMap = defineAsyncComponent({ loader: () => import('./CityMap.vue'), loadingComponent: MapWaiting, delay: 0 })
