// The places of the loop and their pages: what the rail shows, the palette finds and the
// router serves. A page appears to those who hold its permission.
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

export const places: Place[] = []

export const allPages = (): PageOf[] => [home, ...places.flatMap((p) => p.pages)]
