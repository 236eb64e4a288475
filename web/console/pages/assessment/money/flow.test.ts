import { describe, expect, it } from 'vitest'
import { layout } from './flow.ts'
import type { Flow } from './money.ts'

const flow = (source: string, purpose: string, amount: number, gift = false): Flow => ({ source, purpose, amount, gift })

describe('layout', () => {
  const flows = [flow('city', 'speakers', 60), flow('company', 'speakers', 10, true), flow('company', 'cables', 5), flow('district', 'cables', 25)]
  const p = layout(flows, 200, 30)

  it('draws every sum as wide as its money, and all of a node beside one another', () => {
    expect(p.ribbons.map((r) => r.width)).toEqual([120, 10, 50, 20])
    const speakers = p.purposes[0]!
    expect([speakers.key, speakers.height]).toEqual(['speakers', 140])
    const into = p.ribbons.filter((r) => r.to === 'speakers').map((r) => [r.y1 - r.width / 2, r.y1 + r.width / 2])
    expect(into[0]![0]).toBeCloseTo(speakers.y)
    expect(into[1]![0]).toBeCloseTo(into[0]![1]!)
    expect(into[1]![1]).toBeCloseTo(speakers.y + speakers.height)
  })
  it('keeps gifts apart from what the same source budgets, after all others', () => {
    expect(p.sources.map((s) => s.key)).toEqual(['city', 'company', 'district', 'company gift'])
    const [third, gift] = p.sources.slice(2)
    const [plain, wide] = [p.sources[2]!.y - (p.sources[1]!.y + (p.sources[1]!.height + p.sources[1]!.slot) / 2), gift!.y - (third!.y + third!.height)]
    expect(wide).toBeGreaterThan(plain)
  })
  it('leaves room for the words of the smallest', () => {
    const small = layout([flow('city', 'speakers', 1_000_000), flow('district', 'cables', 1)], 200, 30)
    const [a, b] = small.sources
    expect(b!.y + b!.height / 2 - (a!.y + a!.height / 2)).toBeGreaterThanOrEqual(30)
    expect(b!.height).toBeGreaterThan(1)
  })
  it('has nothing to draw of nothing', () => expect(layout([], 200, 30)).toEqual({ sources: [], purposes: [], ribbons: [], height: 0 }))
})
