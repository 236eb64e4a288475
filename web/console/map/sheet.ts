// The view of a map as a picture for paper. A live canvas is redrawn for the screen while the
// browser lays out the sheet, so the picture is copied, at once and finer than a screen needs.
import type { Map as MapLibre } from 'maplibre-gl'

const fine = 3 // pixels of the picture to one of the page

/** Copies the whole view, as it is seen, into a canvas. A page that is laid out for paper
    already has another size: then what stands is copied as it is. */
export function copyView(map: MapLibre, to: HTMLCanvasElement): void {
  const was = map.getPixelRatio()
  const from = map.getCanvas()
  const steady = Math.abs(from.width / was - map.getContainer().clientWidth) <= 1 && Math.abs(from.height / was - map.getContainer().clientHeight) <= 1
  if (steady) {
    map.setPixelRatio(Math.max(was, fine))
    map.redraw()
  }
  to.width = from.width
  to.height = from.height
  to.getContext('2d', { willReadFrequently: true })?.drawImage(from, 0, 0)
  if (!steady) return
  map.setPixelRatio(was)
  map.redraw()
}

/** A round length for a scale bar, at most a sixth of a view so many metres wide: its
    metres, and its share of the width. */
export function barOf(metres: number): { metres: number; share: number } {
  const most = metres / 6
  const ten = 10 ** Math.floor(Math.log10(most))
  const round = [5, 2, 1].map((n) => n * ten).find((n) => n <= most) ?? ten
  return { metres: round, share: round / metres }
}

/** How many metres wide a view is, at its middle. */
export function widthOf(map: MapLibre): number {
  const bounds = map.getBounds()
  return ((bounds.getEast() - bounds.getWest()) / 360) * 40_075_017 * Math.cos((map.getCenter().lat * Math.PI) / 180)
}
