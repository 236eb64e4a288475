import { expression } from '@maplibre/maplibre-gl-style-spec'
import { describe, expect, it } from 'vitest'
import { clusterBox, clusterCount, clusterIcon, clusterProperties, clusterTrouble, countBelow } from './clusters.ts'

/** What an expression gives for a feature, as the map reckons it. */
function valueOf(source: unknown, properties: Record<string, unknown>, accumulated?: unknown): unknown {
  const made = expression.createExpression(source, 'a.test')
  if (made.result === 'error') throw new Error(made.value.map((e) => e.message).join('; '))
  return made.value.evaluate({ zoom: 8, ...(accumulated === undefined ? {} : { accumulated }) } as never, { type: 'Point', properties } as never)
}

/** The map's own way to make a cluster's properties of its points. */
function clusterOf(...points: [mark: string, rank: number][]): Record<string, unknown> {
  const sums: Record<string, unknown> = { point_count: points.length }
  for (const [key, [operator, each]] of Object.entries(clusterProperties)) {
    sums[key] = points.map(([mark, rank]) => valueOf(each, { mark, rank }))
      .reduce((sum, next) => valueOf([operator, ['accumulated'], ['get', key]], { [key]: next }, sum))
  }
  return sums
}
const times = (n: number, mark: string, rank: number) => Array.from({ length: n }, (): [string, number] => [mark, rank])

describe('a cluster', () => {
  it('counts its troubled terminals, and says nothing where there are none', () => {
    expect(valueOf(clusterTrouble, clusterOf(['online', 9], ['offline', 9], ['fault', 9]))).toBe('× 2')
    expect(valueOf(clusterTrouble, clusterOf(['waiting', 1], ['late', 1], ['silent', 1], ['failed', 1]))).toBe('× 3')
    expect(valueOf(clusterTrouble, clusterOf(['online', 9], ['played', 9]))).toBe('')
  })
  it('fills as its terminals answer: full only when all have', () => {
    const icon = (...points: [string, number][]) => valueOf(clusterIcon, clusterOf(...points))
    expect(icon(...times(20, 'waiting', 3))).toBe('cluster-yellow-0')
    expect(icon(...times(19, 'waiting', 3), ['received', 3])).toBe('cluster-yellow-1')
    expect(icon(...times(10, 'waiting', 1), ...times(10, 'played', 1))).toBe('cluster-red-4')
    expect(icon(['silent', 1], ...times(99, 'heard', 1))).toBe('cluster-red-7')
    expect(icon(...times(20, 'heard', 1))).toBe('cluster-red-8')
    expect(icon(...times(20, 'online', 9))).toBe('cluster-none-0')
  })
  it('writes its number in full, below a shape and within a disc', () => {
    expect(valueOf(clusterCount, { point_count: 1234 })).toBe('1,234')
    expect([valueOf(countBelow, clusterOf(['online', 9])), valueOf(countBelow, clusterOf(['waiting', 9])), valueOf(countBelow, clusterOf(['waiting', 3]))]).toEqual([false, true, true])
  })
  it('covers its shape and its words', () => {
    const box = (over: object) => clusterBox({ point_count: 500, trouble: 0, asked: 0, worst: 9, ...over }, [0, 0])
    expect(box({})).toEqual({ at: [0, 0], half: [20.7, 20.7] })
    expect(box({ worst: 3 }).half[1]).toBeGreaterThan(box({}).half[1])
    expect(box({ trouble: 12 }).half[0]).toBeGreaterThan(box({}).half[0])
  })
})
