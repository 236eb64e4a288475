// Whom an order is for (docs/wire.md §3, engine/wire/area.go): a terminal decides by itself.

/** Longitude and latitude in microdegrees on WGS 84. */
export type Point = [number, number]

export interface Area {
  regions?: string[]
  polygons?: Point[][]
  circles?: { c: Point; r: number }[]
  codes?: string[]
  /** Leaves out all whose code is not of one of these types, four digits. */
  types?: string[]
}

/** What a terminal knows of itself. */
export interface Place {
  code: string
  region: string // 12 digits
  position?: Point
}

const nation = '100000000000'
const steps = [12, 9, 6, 4, 2] // widths at which a code may end, from village up to province

/** The digits of an area code that name something: none (the nation), 2, 4, 6, 9 or 12. */
export function prefix(code: string): string {
  if (code === nation || code.length !== 12) return ''
  const i = steps.findIndex((n, i) => i === steps.length - 1 || /[^0]/.test(code.slice(steps[i + 1], n)))
  return code.slice(0, steps[i])
}

/** Whether b lies in a or is a. */
export const covers = (a: string, b: string): boolean => a.length === 12 && b.length === 12 && b.startsWith(prefix(a))

/** Whether resource code d is c, or belongs to the group c. */
export const includesCode = (c: string, d: string): boolean =>
  c.length === 23 && d.length === 23 &&
  (c === d || (c.endsWith('00') && c[0] === d[0] && c.slice(13, 21) === d.slice(13, 21) && covers(c.slice(1, 13), d.slice(1, 13))))

export function includes(area: Area, self: Place): boolean {
  if (area.types?.length && !area.types.includes(self.code.slice(13, 17))) return false
  if (area.regions?.some((r) => covers(r, self.region))) return true
  if (area.codes?.some((c) => includesCode(c, self.code))) return true
  const at = self.position
  if (!at) return false
  return (area.circles ?? []).some((c) => metres(c.c, at) <= c.r) || (area.polygons ?? []).some((ring) => inside(ring, at))
}

/** The even-odd rule in whole numbers: the same answer on every machine. */
export function inside(ring: Point[], [px, py]: Point): boolean {
  const [x, y] = [BigInt(px), BigInt(py)]
  let within = false
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi, yi, xj, yj] = [BigInt(ring[i]![0]), BigInt(ring[i]![1]), BigInt(ring[j]![0]), BigInt(ring[j]![1])]
    if (yi > y === yj > y) continue
    const left = (x - xi) * (yj - yi) < (xj - xi) * (y - yi)
    if (left === yj > yi) within = !within
  }
  return within
}

/** Great-circle distance on a sphere of the earth's mean radius. */
export function metres(a: Point, b: Point): number {
  const rad = Math.PI / 180e6
  const [f1, f2] = [a[1] * rad, b[1] * rad]
  const [df, dl] = [f2 - f1, (b[0] - a[0]) * rad]
  const h = Math.sin(df / 2) ** 2 + Math.cos(f1) * Math.cos(f2) * Math.sin(dl / 2) ** 2
  return 2 * 6371008.8 * Math.asin(Math.min(1, Math.sqrt(h)))
}
