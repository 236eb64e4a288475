// Where the ribbons of money run: from each source, at the left, to each purpose, at the right. All
// are as wide as their money; a node takes at least the height of its words, so that names never meet.
import type { Flow } from './money.ts'

export interface Node { key: string; amount: number; y: number; height: number; slot: number; gift: boolean }
export interface Ribbon { from: string; to: string; gift: boolean; amount: number; y0: number; y1: number; width: number }
export interface Picture { sources: Node[]; purposes: Node[]; ribbons: Ribbon[]; height: number }

export const sourceKey = (f: Pick<Flow, 'source' | 'gift'>): string => (f.gift ? `${f.source} gift` : f.source)

const gap = 10
/** Gifts stand apart from public money by this much more. */
const apart = 18

function column(keys: string[], amounts: Map<string, number>, scale: number, least: number): { nodes: Node[]; height: number } {
  let y = 0
  const nodes = keys.map((key, i): Node => {
    const gift = key.endsWith(' gift')
    if (gift && i > 0 && !keys[i - 1]!.endsWith(' gift')) y += apart
    const amount = amounts.get(key) ?? 0
    const height = Math.max(1.5, amount * scale)
    const slot = Math.max(height, least)
    const node = { key, amount, y: y + (slot - height) / 2, height, slot, gift }
    y += slot + gap
    return node
  })
  return { nodes, height: Math.max(0, y - gap) }
}

/** Lays out flows: sources in the order given, gifts last; purposes from the largest. tall is how
    many pixels all the money takes, least the height of a node's words. */
export function layout(flows: Flow[], tall: number, least: number): Picture {
  const add = (of: (f: Flow) => string) => {
    const sums = new Map<string, number>()
    for (const f of flows) sums.set(of(f), (sums.get(of(f)) ?? 0) + f.amount)
    return sums
  }
  const [bySource, byPurpose] = [add(sourceKey), add((f) => f.purpose)]
  const total = flows.reduce((sum, f) => sum + f.amount, 0)
  const scale = total ? tall / total : 0
  const left = column([...bySource.keys()].sort((a, b) => Number(a.endsWith(' gift')) - Number(b.endsWith(' gift'))), bySource, scale, least)
  const right = column([...byPurpose.keys()].sort((a, b) => byPurpose.get(b)! - byPurpose.get(a)!), byPurpose, scale, least)
  const height = Math.max(left.height, right.height)
  for (const side of [left, right]) for (const n of side.nodes) n.y += (height - side.height) / 2 // the shorter side stands in the middle
  const used = new Map<string, number>()
  const at = (side: Node[], key: string, width: number): number => {
    const node = side.find((n) => n.key === key)!
    const offset = used.get(key) ?? 0
    used.set(key, offset + width)
    return node.y + offset + width / 2
  }
  const rank = new Map(right.nodes.map((n, i) => [n.key, i]))
  const ribbons: Ribbon[] = []
  for (const s of left.nodes) {
    for (const f of flows.filter((x) => sourceKey(x) === s.key).sort((a, b) => rank.get(a.purpose)! - rank.get(b.purpose)!)) {
      const width = f.amount * scale
      ribbons.push({ from: s.key, to: f.purpose, gift: f.gift, amount: f.amount, width, y0: at(left.nodes, s.key, width), y1: at(right.nodes, f.purpose, width) })
    }
  }
  return { sources: left.nodes, purposes: right.nodes, ribbons, height }
}

/** The middle line of a ribbon between two columns. */
export const curve = (r: Ribbon, x0: number, x1: number): string => `M${x0},${r.y0} C${(x0 + x1) / 2},${r.y0} ${(x0 + x1) / 2},${r.y1} ${x1},${r.y1}`
