// Polygons as texts, a corner in each line.
import type { Ring } from './shape.ts'

/** The texts of polygons, and after them what was typed and is no polygon yet: the texts beyond the
    first known. With nothing there is one to type into. */
export function textsOf(rings: Ring[], texts: string[] = [], known = 0): string[] {
  const all = [...rings.map((ring) => ring.map(([lon, lat]) => `${lon}, ${lat}`).join('\n')), ...texts.slice(known).filter((text) => text.trim())]
  return all.length ? all : ['']
}
