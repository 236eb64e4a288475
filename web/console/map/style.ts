// The map's own style: outlines by level, labels that never collide, terminals, areas. No
// tiles and no glyph server; letters are drawn from the system's fonts.
import type { CircleLayerSpecification, ExpressionSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl'
import { token } from '../theme.ts'
import { clear, clusterCount, clusterIcon, clusterProperties, clusterSize, clusterTrouble, countBelow, troubles } from './clusters.ts'
import type { Outlines } from './data.ts'

export const townshipZoom = 9.6
/** What a map must say of its outlines: that townships stand where a model puts them, wherever
    some are drawn, by themselves or as somebody's area. */
export const mapNote = (townships: Outlines | undefined, zoom: number, codes: string[]): string =>
  townships?.features.some((f) => f.properties.modelled && (zoom >= townshipZoom || codes.includes(f.properties.code))) ? 'map.modelled' : 'map.source'

/** The picture over what nothing is known of. */
export const hatch = 'hatch'

export const empty = { type: 'FeatureCollection' as const, features: [] }

const font = () => token('font').split(',').map((f) => f.trim().replaceAll("'", ''))
const bySeverity = (none: string): ExpressionSpecification =>
  ['match', ['get', 'severity'], 'red', token('red'), 'orange', token('orange'), 'yellow', token('yellow'), 'blue', token('blue'), none]

/** Names, each at the place and in the size that labels.ts found for it. */
// Where a district's name stands is worked out already; a township's gives way to it.
function label(id: string, source: string, extra: Partial<LayerSpecification>, color: string): LayerSpecification {
  return {
    id, source, type: 'symbol', ...extra,
    layout: {
      'text-field': ['get', 'text'], 'text-font': font(), 'text-size': ['get', 'size'], 'text-padding': 0, 'text-max-width': 99,
      'symbol-sort-key': ['-', 0, ['get', 'population']], 'text-allow-overlap': source === 'district-labels',
    },
    paint: { 'text-color': color, 'text-halo-color': token('map-land'), 'text-halo-width': 1.6 },
  } as LayerSpecification
}

/** The style in the colours of the theme. */
export function cityStyle(): StyleSpecification {
  const ring: ExpressionSpecification = ['==', ['geometry-type'], 'Polygon']
  const spot: CircleLayerSpecification['paint'] = {
    'circle-radius': 9, 'circle-color': bySeverity(token('ink-3')), 'circle-opacity': ['case', ['get', 'drill'], 0.1, 0.3],
    'circle-stroke-color': token('ink'), 'circle-stroke-width': 2,
  }
  const geojson = (data: unknown = empty) => ({ type: 'geojson' as const, data: data as never })
  return {
    version: 8,
    sources: {
      neighbours: geojson(), districts: { ...geojson(), promoteId: 'code' }, 'district-labels': geojson(),
      townships: { ...geojson(), promoteId: 'code' }, 'township-labels': geojson(),
      areas: geojson(), chosen: geojson(), shaded: geojson(),
      terminals: {
        ...geojson(), cluster: true, clusterRadius: 44, clusterMaxZoom: 12,
        clusterProperties,
      },
      draw: geojson(), handles: geojson(),
    },
    layers: [
      { id: 'sea', type: 'background', paint: { 'background-color': token('map-sea') } },
      { id: 'neighbour-land', source: 'neighbours', type: 'fill', paint: { 'fill-color': token('map-land-2') } },
      { id: 'neighbour-line', source: 'neighbours', type: 'line', paint: { 'line-color': token('map-line-2'), 'line-width': 0.8 } },
      { id: 'land', source: 'districts', type: 'fill', paint: { 'fill-color': token('map-land') } },
      { id: 'township-fill', source: 'townships', type: 'fill', minzoom: townshipZoom, paint: { 'fill-color': token('map-land') } },
      { id: 'shade-fill', source: 'shaded', type: 'fill', filter: ['!=', ['get', 'colour'], ''], paint: { 'fill-color': ['to-color', ['get', 'colour'], token('map-land')] } },
      { id: 'shade-none', source: 'shaded', type: 'fill', filter: ['==', ['get', 'colour'], ''], paint: { 'fill-pattern': hatch } },
      { id: 'shade-line', source: 'shaded', type: 'line', paint: { 'line-color': token('map-land'), 'line-width': 0.6 } },
      {
        id: 'chosen-fill', source: 'chosen', type: 'fill',
        paint: { 'fill-color': token('accent'), 'fill-opacity': 0.22 },
      },
      { id: 'area-fill', source: 'areas', type: 'fill', filter: ring, paint: { 'fill-color': bySeverity(token('ink-3')), 'fill-opacity': ['case', ['get', 'drill'], 0.06, 0.16] } },
      { id: 'township-line', source: 'townships', type: 'line', minzoom: townshipZoom, paint: { 'line-color': token('map-line-2'), 'line-width': 0.7 } },
      { id: 'district-line', source: 'districts', type: 'line', paint: { 'line-color': token('map-line'), 'line-width': ['interpolate', ['linear'], ['zoom'], 7, 0.7, 11, 1.6] } },
      { id: 'chosen-line', source: 'chosen', type: 'line', paint: { 'line-color': token('accent'), 'line-width': 2 } },
      { id: 'area-casing', source: 'areas', type: 'line', filter: ['all', ring, ['!', ['get', 'drill']]], paint: { 'line-color': token('ink'), 'line-width': 3.4 } },
      { id: 'area-line', source: 'areas', type: 'line', filter: ['all', ring, ['!', ['get', 'drill']]], paint: { 'line-color': bySeverity(token('ink-3')), 'line-width': 2 } },
      { id: 'area-drill', source: 'areas', type: 'line', filter: ['all', ring, ['get', 'drill']], paint: { 'line-color': token('ink'), 'line-width': 1.6, 'line-dasharray': [4, 3] } },
      // What is too small to see, and what has no outline.
      { id: 'area-spot', source: 'areas', type: 'circle', filter: ['all', ['==', ['geometry-type'], 'Point'], ['!', ['get', 'tiny']]], paint: spot },
      { id: 'area-tiny', source: 'areas', type: 'circle', maxzoom: 11, filter: ['all', ['==', ['geometry-type'], 'Point'], ['get', 'tiny']], paint: spot },
      { id: 'draw-fill', source: 'draw', type: 'fill', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': token('accent'), 'fill-opacity': 0.18 } },
      { id: 'draw-line', source: 'draw', type: 'line', paint: { 'line-color': token('accent'), 'line-width': 2.4 } },
      label('township-label', 'township-labels', { minzoom: townshipZoom }, token('ink-2')),
      label('district-label', 'district-labels', {}, token('ink')),
      {
        id: 'terminal', source: 'terminals', type: 'symbol', filter: ['!', ['has', 'point_count']],
        layout: {
          'icon-image': ['concat', 'mark-', ['get', 'mark']], 'icon-allow-overlap': true, 'icon-ignore-placement': true,
          'icon-size': ['interpolate', ['linear'], ['zoom'], 8, 0.7, 13, 1],
          'symbol-sort-key': ['case', ['in', ['get', 'mark'], ['literal', troubles]], 2, 1],
        },
      },
      // Drawn always, both; names make room for them.
      {
        id: 'cluster', source: 'terminals', type: 'symbol', filter: ['has', 'point_count'],
        layout: {
          'icon-image': clusterIcon, 'icon-size': clusterSize, 'icon-allow-overlap': true, 'text-allow-overlap': true,
          'text-field': clusterCount, 'text-font': font(), 'text-size': 12,
          'text-anchor': ['case', countBelow, 'top', 'center'],
          'text-offset': clear(1, 12, countBelow),
        },
        paint: { 'text-color': token('ink'), 'text-halo-color': token('map-land'), 'text-halo-width': ['case', countBelow, 1.8, 0] },
      },
      {
        id: 'cluster-trouble', source: 'terminals', type: 'symbol', filter: ['all', ['has', 'point_count'], ['>', ['get', 'trouble'], 0]],
        layout: {
          'text-field': clusterTrouble, 'text-font': font(), 'text-size': 12, 'text-anchor': 'left', 'text-offset': clear(0, 12),
          'text-allow-overlap': true,
        },
        paint: { 'text-color': token('ink'), 'text-halo-color': token('map-land'), 'text-halo-width': 1.8 },
      },
      { id: 'handle', source: 'handles', type: 'circle', paint: {
        'circle-radius': ['case', ['get', 'middle'], 4, 6], 'circle-color': token('ground'),
        'circle-stroke-color': token('accent'), 'circle-stroke-width': ['case', ['get', 'middle'], 1.2, 2.2],
      } },
    ],
  }
}
