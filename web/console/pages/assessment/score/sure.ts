// What a mayor wants to know of an index's ranks: who is surely at the ends, who cannot be told
// apart, what would turn the order, in words.
import { number } from '@/shared/format.ts'
import { nameOf, t } from '@/shared/i18n.ts'
import type { Robust } from './score.ts'

/** Units next to each other whose intervals overlap wholly: neither is surely before the other. */
export function alike(ranks: readonly { rank: number; low: number; high: number; nameZh: string; nameEn: string }[]): [string, string][] {
  return ranks.slice(1).flatMap((u, i) => {
    const before = ranks[i]!
    return u.low <= before.rank && before.high >= u.rank ? [[nameOf(before), nameOf(u)] as [string, string]] : []
  })
}

/** The findings in a few sentences, the weightiest first; of is how many are ranked, unseen ones included. */
export function sureSentences(r: Robust, of: number): string[] {
  const ranks = r.ranks ?? []
  const [first, last] = [ranks[0], ranks.at(-1)]
  if (!first || !last) return []
  const out = [t(r.shift < 1 ? 'score.sure_firm' : r.shift < 2 ? 'score.sure_fair' : 'score.sure_loose', { shift: number(r.shift, 1), noise: number(r.noise * 100) })]
  if (last.rank === of) out.push(last.low === last.rank ? t('score.sure_last', { name: nameOf(last) }) : t('score.unsure_last', { name: nameOf(last), low: number(last.low), high: number(last.high) }))
  if (first.rank === 1) out.push(first.high === 1 ? t('score.sure_first', { name: nameOf(first) }) : t('score.unsure_first', { name: nameOf(first), high: number(first.high) }))
  const pairs = alike(ranks)
  if (pairs.length) out.push(t('score.alike', { pairs: pairs.slice(0, 4).map(([a, b]) => t('score.pair', { a, b })).join(t('word.comma')), count: pairs.length }))
  const way = [...(r.ways ?? [])].filter((w) => !w.fault).sort((a, b) => b.shift - a.shift)[0]
  if (way) out.push(t('score.way_most', { way: t(`score.way.${way.normalise}`), mean: t(`score.mean.${way.mean}`), shift: number(way.shift, 1) }))
  const left = (r.leftOut ?? [])[0]
  if (left) out.push(t('score.left_most', { name: nameOf(left), shift: number(left.shift, 1) }))
  return out
}

/** The ground of a rank in a table of other ranks: the further off, the darker. */
export function cellShade(rank: number, other: number | undefined): string | undefined {
  const off = other ? Math.abs(other - rank) : 0
  return off ? `color-mix(in srgb, var(--shade-3) ${Math.min(60, 10 + off * 10)}%, transparent)` : undefined
}
