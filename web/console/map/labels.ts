// Where names stand on the map: each wholly inside its own outline, as near as can be to the
// place that the register gives it, clear of the clusters; smaller or shorter where there is
// little room, and not at all where there is none. A name elsewhere would be a false one.
import type { Feature, FeatureCollection, MultiPolygon, Point, Polygon } from 'geojson'
import type { Outlines } from './data.ts'
import type { Position, Ring } from './shape.ts'

/** Half the width and height of something on the screen around its middle, in pixels. */
export interface Box {
  at: Position
  half: [number, number]
}

const tile = 512

/** Pixels of the whole world at a zoom, as the map reckons. */
export const pixelOf = ([lon, lat]: Position, zoom: number): Position => {
  const world = tile * 2 ** zoom
  const s = Math.sin((lat * Math.PI) / 180)
  return [((lon + 180) / 360) * world, (0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI)) * world]
}

/** The position of such a pixel. */
export const positionOf = ([x, y]: Position, zoom: number): Position => {
  const world = tile * 2 ** zoom
  return [(x / world) * 360 - 180, (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / world))) * 180) / Math.PI]
}

function inside([x, y]: Position, rings: Ring[]): boolean {
  let within = false
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [a, b] = [ring[i]!, ring[j]!]
      if (a[1] > y !== b[1] > y && x < ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]) + a[0]) within = !within
    }
  }
  return within
}

/** Whether a side enters a box: cut away what is left, right, above and below of it. */
function enters(a: Position, b: Position, { at, half }: Box): boolean {
  let [from, to] = [0, 1]
  for (const axis of [0, 1] as const) {
    const run = b[axis] - a[axis]
    const low = at[axis] - half[axis] - a[axis]
    const high = at[axis] + half[axis] - a[axis]
    if (run === 0) {
      if (low > 0 || high < 0) return false
      continue
    }
    from = Math.max(from, Math.min(low / run, high / run))
    to = Math.min(to, Math.max(low / run, high / run))
    if (from > to) return false
  }
  return true
}

const fits = (box: Box, rings: Ring[]): boolean =>
  inside(box.at, rings) && !rings.some((ring) => ring.some((p, i) => enters(p, ring[(i + 1) % ring.length]!, box)))

const meet = (a: Box, b: Box): boolean =>
  Math.abs(a.at[0] - b.at[0]) < a.half[0] + b.half[0] && Math.abs(a.at[1] - b.at[1]) < a.half[1] + b.half[1]

const steps = 14

/** The place nearest to the wished one where a box of this size lies wholly within the rings
    and the view, clear of what stands there; all in pixels. */
export function placeIn(rings: Ring[], wish: Position, half: Position, view: Box, taken: Box[]): Position | undefined {
  const flat = rings.flat()
  const lows = [0, 1].map((k) => Math.max(Math.min(...flat.map((p) => p[k]!)), view.at[k]! - view.half[k]!) + half[k]!)
  const highs = [0, 1].map((k) => Math.min(Math.max(...flat.map((p) => p[k]!)), view.at[k]! + view.half[k]!) - half[k]!)
  if (lows[0]! > highs[0]! || lows[1]! > highs[1]!) return undefined
  const near = taken.filter((t) => t.at[0] + t.half[0] > lows[0]! - half[0] && t.at[0] - t.half[0] < highs[0]! + half[0])
  const far = ([x, y]: Position) => (x - wish[0]) ** 2 + (y - wish[1]) ** 2
  const places: Position[] = wish[0] >= lows[0]! && wish[0] <= highs[0]! && wish[1] >= lows[1]! && wish[1] <= highs[1]! ? [wish] : []
  for (let i = 0; i <= steps; i++) {
    for (let j = 0; j <= steps; j++) places.push([lows[0]! + ((highs[0]! - lows[0]!) * i) / steps, lows[1]! + ((highs[1]! - lows[1]!) * j) / steps])
  }
  return places.sort((a, b) => far(a) - far(b)).find((at) => {
    const box: Box = { at, half: half as [number, number] }
    return !near.some((t) => meet(t, box)) && fits(box, rings)
  })
}

/** What a name may shrink to, in the order of preference. */
export interface Wording {
  text: string
  size: number
}

/** A district's or township's name as it may be written: in English without its kind where
    that is enough, and always so on a narrow map. */
export function wordingsOf(properties: { name: string; nameEn?: string }, lang: string, sizes: number[], narrow: boolean): Wording[] {
  const full = (lang === 'en' && properties.nameEn) || properties.name
  const short = lang === 'en' ? full.replace(/ District$/, '') : full
  const texts = narrow ? [short] : [...new Set([full, short])]
  return [...texts.map((text) => ({ text, size: sizes[0]! })), ...sizes.slice(1).map((size) => ({ text: short, size }))]
}

const air = 2 // pixels around a name

/** The names of outlines, each at its place in a view with its middle and size in pixels. */
export function labelsIn(
  outlines: Outlines | undefined, zoom: number, view: Box, taken: Box[],
  wordings: (p: { name: string; nameEn?: string }) => Wording[], width: (w: Wording) => number,
): FeatureCollection<Point> {
  const features = (outlines?.features ?? []).flatMap((f: Feature<Polygon | MultiPolygon, Outlines['features'][number]['properties']>): Feature<Point>[] => {
    const polygons = f.geometry.type === 'Polygon' ? [f.geometry.coordinates] : f.geometry.coordinates
    const rings = polygons.flat().map((r) => (r as Ring).map((p) => pixelOf(p, zoom)))
    const wish = f.properties.label && pixelOf(f.properties.label, zoom)
    if (!wish || !rings.some((r) => r.some((p) => Math.abs(p[0] - view.at[0]) < view.half[0] * 3))) return []
    for (const w of wordings(f.properties)) {
      const at = placeIn(rings, wish, [width(w) / 2 + air, w.size * 0.6 + air], view, taken)
      if (at) return [{ type: 'Feature', geometry: { type: 'Point', coordinates: positionOf(at, zoom) }, properties: { ...w, population: f.properties.population ?? 0 } }]
    }
    return []
  })
  return { type: 'FeatureCollection', features }
}
