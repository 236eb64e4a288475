// What the map is given: outlines with their labels, points, areas.
import type { Feature, FeatureCollection, MultiPolygon, Point, Polygon } from 'geojson'
import type { Severity } from '@/shared/severity.ts'
import type { Mark } from './marks.ts'
import { severityNumber } from './style.ts'
import type { Position, Ring } from './shape.ts'

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
}

/** The outlines' names as points, where the outlines say that names belong. */
export function labelsOf(outlines: Outlines | undefined): FeatureCollection<Point> {
  const features = (outlines?.features ?? []).flatMap((f): Feature<Point>[] => {
    const at = f.properties.label
    return at ? [{ type: 'Feature', geometry: { type: 'Point', coordinates: at }, properties: f.properties }] : []
  })
  return { type: 'FeatureCollection', features }
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
    features: areas.flatMap((a) => a.polygons.map((ring): Feature => ({
      type: 'Feature', geometry: { type: 'Polygon', coordinates: [ring] }, properties: { id: a.id, severity: a.severity, drill: a.drill },
    }))),
  }
}

/** Only the outlines with these codes. */
export const outlinesOf = (all: (Outlines | undefined)[], codes: string[]): FeatureCollection => ({
  type: 'FeatureCollection',
  features: all.flatMap((o) => o?.features.filter((f) => codes.includes(f.properties.code)) ?? []),
})

/** Every position of some outlines, to find their box. */
export function positionsOf(features: Feature[]): Position[] {
  return features.flatMap((f) => {
    if (f.geometry.type === 'Polygon') return f.geometry.coordinates.flat() as Position[]
    if (f.geometry.type === 'MultiPolygon') return f.geometry.coordinates.flat(2) as Position[]
    if (f.geometry.type === 'Point') return [f.geometry.coordinates as Position]
    return []
  })
}
