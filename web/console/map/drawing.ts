// Drawing polygons with the pointer: click to add corners; click the first, double-click or
// press Enter to close; drag corners and middles to change; Backspace takes one back, Escape
// gives up the shape, and once more the drawing. Nothing begun is lost by any other way out.
import type { Feature } from 'geojson'
import type { GeoJSONSource, Map as MapLibre, MapMouseEvent, MapTouchEvent } from 'maplibre-gl'
import { ref, watch, type Ref } from 'vue'
import { insertCorner, middles, moveCorner, rounded, type Position, type Ring } from './shape.ts'
import { empty } from './style.ts'

export interface Drawing {
  /** The corners set so far of the polygon being drawn. */
  started: Ref<Ring>
  /** Whether somebody wanted to close a shape that has too few corners. */
  few: Ref<boolean>
  /** Closes and keeps what was begun; false where it has too few corners, and goes on. */
  finish: () => boolean
  undo: () => void
  /** Gives up what was begun; where nothing was, drawing. */
  cancel: () => void
}

/** Lets people draw into rings (open rings) while active is true, and to stop by keyboard. */
export function useDrawing(map: MapLibre, rings: Ref<Ring[]>, active: Ref<boolean>): Drawing {
  const started = ref<Ring>([]) as Ref<Ring>
  const few = ref(false)
  const cursor = ref<Position>()
  let dragged: { ring: number; corner: number } | undefined

  function paint(): void {
    const shapes: Feature[] = rings.value.filter((r) => r.length > 2).map((r) => ({
      type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [[...r, r[0]!]] },
    }))
    const trail = cursor.value ? [...started.value, cursor.value] : started.value
    if (started.value.length && trail.length > 1) shapes.push({ type: 'Feature', properties: {}, geometry: { type: 'LineString', coordinates: trail } })
    const handle = (at: Position, ring: number, corner: number, middle: boolean): Feature => ({
      type: 'Feature', properties: { ring, corner, middle }, geometry: { type: 'Point', coordinates: at },
    })
    const handles = started.value.map((p, i) => handle(p, -1, i, false))
    if (active.value && !started.value.length) {
      rings.value.forEach((r, n) => {
        middles(r).forEach((p, i) => handles.push(handle(p, n, i, true)))
        r.forEach((p, i) => handles.push(handle(p, n, i, false)))
      })
    }
    map.getSource<GeoJSONSource>('draw')?.setData({ type: 'FeatureCollection', features: shapes })
    map.getSource<GeoJSONSource>('handles')?.setData(handles.length ? { type: 'FeatureCollection', features: handles } : empty)
  }

  const touched = (event: MapMouseEvent | MapTouchEvent) => {
    const { x, y } = event.point
    return map.queryRenderedFeatures([[x - 8, y - 8], [x + 8, y + 8]], { layers: ['handle'] })
      .sort((a, b) => Number(a.properties.middle) - Number(b.properties.middle))[0]?.properties as
      { ring: number; corner: number; middle: boolean } | undefined
  }
  const at = (event: MapMouseEvent | MapTouchEvent): Position => rounded([event.lngLat.lng, event.lngLat.lat])

  function begin(corners: Ring): void {
    started.value = corners
    few.value = false
    if (!corners.length) cursor.value = undefined
  }
  function finish(): boolean {
    if (!started.value.length) return true
    few.value = started.value.length < 3
    if (few.value) return false
    rings.value = [...rings.value, started.value]
    begin([])
    return true
  }
  const undo = () => begin(started.value.slice(0, -1))
  function cancel(): void {
    if (started.value.length) begin([])
    else active.value = false
  }

  map.on('click', (event) => {
    if (!active.value || event.originalEvent.detail > 1) return // the second click of two is no corner
    const hit = touched(event)
    if (hit && hit.ring === -1 && hit.corner === 0) finish()
    else if (!hit) begin([...started.value, at(event)])
  })
  map.on('dblclick', (event) => {
    if (!active.value) return
    event.preventDefault()
    finish()
  })
  function press(event: MapMouseEvent | MapTouchEvent): void {
    const hit = active.value ? touched(event) : undefined
    if (!hit || hit.ring < 0) return
    event.preventDefault()
    if (hit.middle) {
      rings.value = rings.value.map((r, i) => (i === hit.ring ? insertCorner(r, hit.corner, at(event)) : r))
      dragged = { ring: hit.ring, corner: hit.corner + 1 }
    } else {
      dragged = { ring: hit.ring, corner: hit.corner }
    }
  }
  function move(event: MapMouseEvent | MapTouchEvent): void {
    if (!active.value) return
    if (dragged) {
      const { ring, corner } = dragged
      rings.value = rings.value.map((r, i) => (i === ring ? moveCorner(r, corner, at(event)) : r))
    } else if (started.value.length) {
      cursor.value = at(event)
    }
    map.getCanvas().style.cursor = touched(event) ? 'move' : 'crosshair'
  }
  map.on('mousedown', press)
  map.on('touchstart', press)
  map.on('mousemove', move)
  map.on('touchmove', move)
  map.on('mouseup', () => (dragged = undefined))
  map.on('touchend', () => (dragged = undefined))
  function keyed(event: KeyboardEvent): void {
    if (!active.value || event.defaultPrevented || event.isComposing) return
    const act = { Enter: finish, Backspace: undo, Escape: cancel }[event.key]
    const elsewhere = event.target instanceof Element && event.target.closest('input, textarea, select, button, a, summary, [role="dialog"], dialog')
    if (!act || (elsewhere && event.key !== 'Escape')) return // those keys mean something there
    event.preventDefault()
    act()
  }
  document.addEventListener('keydown', keyed)
  map.on('remove', () => document.removeEventListener('keydown', keyed))

  watch([rings, started, cursor, active], paint, { deep: true })
  watch(active, (now) => {
    if (!now && !finish()) begin([])
    map.getCanvas().style.cursor = now ? 'crosshair' : ''
    map.doubleClickZoom[now ? 'disable' : 'enable']()
  }, { immediate: true })
  map.on('styledata', paint)
  return { started, few, finish, undo, cancel }
}
