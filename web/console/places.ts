// The places of the loop and their pages: what the rail shows, the palette finds and the
// router serves. A page appears to those who hold its permission.
import type { RouteRecordRaw } from 'vue-router'

export interface PageOf {
  key: string // route name and catalogue key "page.<key>"
  path: string
  permission?: string
}

export interface Place {
  key: string // catalogue key "place.<key>"
  pages: PageOf[]
}

export const home: PageOf = { key: 'home', path: '/' }

// Each place keeps its pages in a folder with a routes.ts that exports its place and
// routes; `order` puts the places in the order of the loop.
export interface PlaceRoutes {
  place: Place
  order: number
  routes: RouteRecordRaw[]
}

const found = Object.values(import.meta.glob<PlaceRoutes>('./pages/*/routes.ts', { eager: true })).sort((a, b) => a.order - b.order)

export const places: Place[] = found.map((f) => f.place)

export const placeRoutes: RouteRecordRaw[] = found.flatMap((f) => f.routes)

export const allPages = (): PageOf[] => [home, ...places.flatMap((p) => p.pages)]
