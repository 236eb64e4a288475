// Shapes drawn by hand, as pure functions: open rings of [longitude, latitude] while they
// are worked on, closed ones when they are sent.
export type Position = [number, number]
export type Ring = Position[]

/** Five decimals are about a metre. */
export const rounded = ([lon, lat]: Position): Position => [Number(lon.toFixed(5)), Number(lat.toFixed(5))]

/** A ring as the API wants it: the first corner again at the end. */
export const closed = (ring: Ring): Ring => (ring.length > 0 ? [...ring, ring[0]!] : [])

/** A ring as it is edited: without the corner that closes it. */
export function open(ring: Ring): Ring {
  const first = ring[0]
  const last = ring.at(-1)
  return ring.length > 3 && first && last && first[0] === last[0] && first[1] === last[1] ? ring.slice(0, -1) : ring
}

/** The ring with corner i moved. */
export const moveCorner = (ring: Ring, i: number, to: Position): Ring => ring.map((p, at) => (at === i ? rounded(to) : p))

/** The ring with a corner put in after corner i. */
export const insertCorner = (ring: Ring, i: number, at: Position): Ring => [...ring.slice(0, i + 1), rounded(at), ...ring.slice(i + 1)]

/** The points half-way along each side, where a new corner can be pulled out. */
export const middles = (ring: Ring): Position[] =>
  ring.map((p, i) => {
    const q = ring[(i + 1) % ring.length]!
    return [(p[0] + q[0]) / 2, (p[1] + q[1]) / 2]
  })

const side = (a: Position, b: Position, c: Position) => Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))
const crosses = (a: Position, b: Position, c: Position, d: Position) =>
  side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0

/** Whether two sides of the ring cross; such a shape has no inside. */
export function selfCrossing(ring: Ring): boolean {
  const n = ring.length
  for (let i = 0; i < n; i++) {
    for (let j = i + 2; j < n; j++) {
      if (i === 0 && j === n - 1) continue
      if (crosses(ring[i]!, ring[(i + 1) % n]!, ring[j]!, ring[(j + 1) % n]!)) return true
    }
  }
  return false
}

/** Square kilometres, good to a per cent at the size of a city. */
export function areaKm2(ring: Ring): number {
  if (ring.length < 3) return 0
  const lat0 = ring.reduce((sum, p) => sum + p[1], 0) / ring.length
  const kx = 111.32 * Math.cos((lat0 * Math.PI) / 180)
  let twice = 0
  ring.forEach((p, i) => {
    const q = ring[(i + 1) % ring.length]!
    twice += p[0] * kx * q[1] * 110.57 - q[0] * kx * p[1] * 110.57
  })
  return Math.abs(twice) / 2
}

/** The smallest box around positions: [west, south, east, north]. */
export function boxOf(positions: Position[]): [number, number, number, number] | undefined {
  if (positions.length === 0) return undefined
  const lons = positions.map((p) => p[0])
  const lats = positions.map((p) => p[1])
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)]
}

/** Reads a typed position: longitude and latitude, in either order where that is plain. */
export function parsePosition(text: string): Position | undefined {
  const parts = text.trim().split(/[\s,，;；]+/).map(Number)
  if (parts.length !== 2 || parts.some((n) => !Number.isFinite(n))) return undefined
  const [a, b] = parts as [number, number]
  if (Math.abs(b) <= 90 && Math.abs(a) <= 180) return rounded([a, b])
  if (Math.abs(a) <= 90 && Math.abs(b) <= 180) return rounded([b, a])
  return undefined
}
