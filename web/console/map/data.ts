// What the map is given: outlines with their labels, points, areas.
import type { Feature, FeatureCollection, MultiPolygon, Point, Polygon } from 'geojson'
import { severities, type Severity } from '@/shared/severity.ts'
import type { Mark } from './marks.ts'
import { boxOf, type Position, type Ring } from './shape.ts'

interface OutlineProperties {
  code: string
  path: string
  name: string
  nameEn?: string
  level: string
  population?: number
  modelled?: boolean
  label?: Position
}
type Outline = Feature<Polygon | MultiPolygon, OutlineProperties>
export type Outlines = FeatureCollection<Polygon | MultiPolygon, OutlineProperties>

/** A terminal on the map. */
export interface MapPoint {
  id: string
  at: Position
  mark: Mark
  severity?: Severity
}

/** The area of a message. */
export interface MapArea {
  id: string
  severity: string
  drill: boolean
  polygons: Ring[]
  spots?: Position[] // places without an outline
  small?: Position[] // where the outline is too small to be found on a map of the city
}

/** Severity as a number for clustering: 1 red … 4 blue, 9 none. */
const severityNumber = (s: string | undefined): number => {
  const at = severities.indexOf(s as never)
  return at < 0 ? 9 : at + 1
}

export function pointsOf(points: MapPoint[]): FeatureCollection<Point> {
  return {
    type: 'FeatureCollection',
    features: points.map((p) => ({
      type: 'Feature', geometry: { type: 'Point', coordinates: p.at },
      properties: { id: p.id, mark: p.mark, rank: severityNumber(p.severity) },
    })),
  }
}

export function areasOf(areas: MapArea[]): FeatureCollection {
  return {
    type: 'FeatureCollection',
    features: areas.flatMap((a) => {
      const properties = { id: a.id, severity: a.severity, drill: a.drill }
      const spot = (at: Position, tiny: boolean): Feature => ({ type: 'Feature', geometry: { type: 'Point', coordinates: at }, properties: { ...properties, tiny } })
      return [
        ...a.polygons.map((ring): Feature => ({ type: 'Feature', geometry: { type: 'Polygon', coordinates: [ring] }, properties })),
        ...(a.small ?? []).map((at) => spot(at, true)),
        ...(a.spots ?? []).map((at) => spot(at, false)),
      ]
    }),
  }
}

/** The middle of a shape that is under about 4 km across. */
export function smallAt(shape: Ring[]): [Position] | [] {
  const [west, south, east, north] = boxOf(shape.flat()) ?? [0, 0, 9, 9]
  return Math.max(east - west, north - south) < 0.04 ? [[(west + east) / 2, (south + north) / 2]] : []
}

/** The codes of a path such as cn.11.110101, each with its 12 digits. */
const codesOn = (path: string): string[] => path.split('.').map((c) => (/^\d/.test(c) ? c : '').padEnd(12, '0'))

/** What is drawn of regions: each by its own outline where that is there, or by those of the
    next level that lie within it. */
export function outlinesOf(all: (Outlines | undefined)[], codes: string[]): Outlines {
  const features = codes.flatMap((code) => {
    for (const holds of [(f: Outline) => f.properties.code === code, (f: Outline) => codesOn(f.properties.path).includes(code)]) {
      const found = all.map((o) => o?.features.filter(holds) ?? []).find((o) => o.length)
      if (found) return found
    }
    return []
  })
  return { type: 'FeatureCollection', features: [...new Set(features)] }
}

/** Outlines in the shades that regions have: a colour, or none where nothing is known of one. */
export function shadesOf(outlines: Outlines | undefined, shades: Map<string, string | null> | undefined): FeatureCollection {
  const features = (outlines?.features ?? []).filter((f) => shades?.has(f.properties.code))
  return { type: 'FeatureCollection', features: features.map((f) => ({ ...f, properties: { code: f.properties.code, colour: shades!.get(f.properties.code) ?? '' } })) }
}

/** The outer rings of a region. */
export const ringsOf = (outlines: Outlines | undefined, code: string): Ring[] =>
  (outlines?.features ?? []).filter((f) => f.properties.code === code).flatMap((f) => (f.geometry.type === 'Polygon' ? [f.geometry.coordinates[0] as Ring] : f.geometry.coordinates.map((p) => p[0] as Ring)))

/** Every position of some outlines, to find their box. */
export function positionsOf(features: Feature[]): Position[] {
  return features.flatMap((f) => {
    if (f.geometry.type === 'Polygon') return f.geometry.coordinates.flat() as Position[]
    if (f.geometry.type === 'MultiPolygon') return f.geometry.coordinates.flat(2) as Position[]
    if (f.geometry.type === 'Point') return [f.geometry.coordinates as Position]
    return []
  })
}
