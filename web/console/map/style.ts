// The map's own style: outlines by level, labels that never collide, terminals, areas. No
// tiles and no glyph server; letters are drawn from the system's fonts.
import type { CircleLayerSpecification, ExpressionSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl'
import { token } from '../theme.ts'
import { troubles } from './marks.ts'

export const townshipZoom = 9.6
export const empty = { type: 'FeatureCollection' as const, features: [] }

const font = () => token('font').split(',').map((f) => f.trim().replaceAll("'", ''))
const bySeverity = (none: string): ExpressionSpecification =>
  ['match', ['get', 'severity'], 'red', token('red'), 'orange', token('orange'), 'yellow', token('yellow'), 'blue', token('blue'), none]

function label(id: string, source: string, lang: string, extra: Partial<LayerSpecification>, size: number, color: string): LayerSpecification {
  return {
    id, source, type: 'symbol', ...extra,
    layout: {
      'text-field': lang === 'en' ? ['case', ['==', ['coalesce', ['get', 'nameEn'], ''], ''], ['get', 'name'], ['get', 'nameEn']] : ['get', 'name'],
      'text-font': font(), 'text-size': size, 'text-padding': 4, 'text-max-width': 8,
      'text-variable-anchor': ['center', 'top', 'bottom', 'left', 'right', 'top-left', 'bottom-right'], 'text-radial-offset': 1.9,
      'symbol-sort-key': ['-', 0, ['coalesce', ['get', 'population'], 0]],
    },
    paint: { 'text-color': color, 'text-halo-color': token('map-land'), 'text-halo-width': 1.6 },
  } as LayerSpecification
}

/** The style in the colours of the theme and the names of the language. */
export function cityStyle(lang: string): StyleSpecification {
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
      areas: geojson(), chosen: geojson(),
      terminals: {
        ...geojson(), cluster: true, clusterRadius: 44, clusterMaxZoom: 12,
        clusterProperties: {
          worst: ['min', ['get', 'rank']],
          trouble: ['+', ['case', ['in', ['get', 'mark'], ['literal', troubles]], 1, 0]],
        },
      },
      draw: geojson(), handles: geojson(),
    },
    layers: [
      { id: 'sea', type: 'background', paint: { 'background-color': token('map-sea') } },
      { id: 'neighbour-land', source: 'neighbours', type: 'fill', paint: { 'fill-color': token('map-land-2') } },
      { id: 'neighbour-line', source: 'neighbours', type: 'line', paint: { 'line-color': token('map-line-2'), 'line-width': 0.8 } },
      { id: 'land', source: 'districts', type: 'fill', paint: { 'fill-color': token('map-land') } },
      { id: 'township-fill', source: 'townships', type: 'fill', minzoom: townshipZoom, paint: { 'fill-color': token('map-land') } },
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
      label('township-label', 'township-labels', lang, { minzoom: townshipZoom + 0.4 }, 12, token('ink-2')),
      label('district-label', 'district-labels', lang, {}, 14, token('ink')),
      {
        id: 'terminal', source: 'terminals', type: 'symbol', filter: ['!', ['has', 'point_count']],
        layout: {
          'icon-image': ['concat', 'mark-', ['get', 'mark']], 'icon-allow-overlap': true, 'icon-ignore-placement': true,
          'icon-size': ['interpolate', ['linear'], ['zoom'], 8, 0.7, 13, 1],
          'symbol-sort-key': ['case', ['in', ['get', 'mark'], ['literal', troubles]], 2, 1],
        },
      },
      // Placed after the clusters, being below them: beside its own, and over no other.
      {
        id: 'cluster-trouble', source: 'terminals', type: 'symbol', filter: ['all', ['has', 'point_count'], ['>', ['get', 'trouble'], 0]],
        layout: {
          'text-field': ['concat', '× ', ['to-string', ['get', 'trouble']]], 'text-font': font(), 'text-size': 11,
          'text-variable-anchor': ['left', 'bottom-left', 'top-left', 'right', 'top', 'bottom'], 'text-radial-offset': ['interpolate', ['linear'], ['get', 'point_count'], 2, 1.2, 50, 1.6, 500, 2.1, 5000, 2.6],
          'text-padding': 1,
        },
        paint: { 'text-color': token('ink'), 'text-halo-color': token('map-land'), 'text-halo-width': 1.8 },
      },
      {
        id: 'cluster', source: 'terminals', type: 'symbol', filter: ['has', 'point_count'],
        layout: {
          'icon-image': ['concat', 'cluster-', ['match', ['get', 'worst'], 1, 'red', 2, 'orange', 3, 'yellow', 4, 'blue', 'none']],
          'icon-size': ['interpolate', ['linear'], ['get', 'point_count'], 2, 0.55, 50, 0.75, 500, 1, 5000, 1.25],
          'icon-allow-overlap': true, 'text-allow-overlap': true, // drawn always; names make room for them
          'text-field': ['get', 'point_count_abbreviated'], 'text-font': font(),
          'text-size': ['interpolate', ['linear'], ['get', 'point_count'], 2, 11, 500, 13],
        },
        paint: { 'text-color': ['match', ['get', 'worst'], 1, token('on-red'), 2, token('on-orange'), 3, token('on-yellow'), 4, token('on-blue'), token('ink')] },
      },
      { id: 'handle', source: 'handles', type: 'circle', paint: {
        'circle-radius': ['case', ['get', 'middle'], 4, 6], 'circle-color': token('ground'),
        'circle-stroke-color': token('accent'), 'circle-stroke-width': ['case', ['get', 'middle'], 1.2, 2.2],
      } },
    ],
  }
}
