// How a view is fitted: into the part of the map that its legend leaves free.
export interface Padding {
  top: number
  right: number
  bottom: number
  left: number
}

const air = 24

/** The ways to keep clear of a legend that stands in the lower left corner: beside it or above it. */
export function paddings(width: number, height: number, legend?: { width: number; height: number }): Padding[] {
  const all = { top: 48, right: 52, bottom: air, left: air } // below the map's acts, left of its buttons
  if (!legend) return [all]
  const ways = [{ ...all, left: legend.width + air }, { ...all, bottom: legend.height + air }]
  return ways.filter((p) => width - p.left - p.right > 60 && height - p.top - p.bottom > 60).concat(all)
}
