// An index while it is written: groups and parts, what share each has, where things move.
import type { Index, Scores } from './score.ts'

export type Group = NonNullable<Index['groups']>[number]
export type Part = NonNullable<Index['parts']>[number]
export type Draft = Omit<Index, 'groups' | 'parts' | 'grades' | 'method'> & { groups: Group[]; parts: Part[]; grades: NonNullable<Index['grades']>; method: Index['method'] & { means: string[] } }

/** A new index of districts, by quarters, between goalposts that need to be set. */
export const blank = (): Draft => ({
  code: '', nameZh: '', nameEn: '', plainZh: '', plainEn: '', level: 'district', things: '', zone: '', period: 'quarter', groups: [], parts: [],
  method: { fill: 'none', least: 0.6, treat: false, normalise: 'minmax', weights: 'given', means: ['amean'] },
  grades: [{ from: 90, nameZh: '优秀', nameEn: 'excellent' }, { from: 75, nameZh: '良好', nameEn: 'good' }, { from: 60, nameZh: '合格', nameEn: 'fair' }, { from: 0, nameZh: '待改进', nameEn: 'to be improved' }],
  owner: '', public: false, sample: false, revision: 0,
})

/** An index as a draft of its own. */
export function draftOf(x: Index): Draft {
  const copy = JSON.parse(JSON.stringify(x)) as Index
  return { ...copy, groups: copy.groups ?? [], parts: copy.parts ?? [], grades: copy.grades ?? [], method: { ...copy.method, means: copy.method.means ?? ['amean'] } }
}

/** A draft as it is sent: an emptied number counts as nothing given. */
export function sent(d: Draft): Index {
  const given = (v: unknown): v is number => typeof v === 'number' && !Number.isNaN(v)
  return {
    ...d, nameZh: d.nameZh.trim(), nameEn: d.nameEn.trim(),
    groups: d.groups.map((g) => ({ ...g, weight: given(g.weight) ? g.weight : 0 })),
    parts: d.parts.map(({ low, high, ...p }) => ({ ...p, weight: given(p.weight) ? p.weight : 0, ...(given(low) ? { low } : {}), ...(given(high) ? { high } : {}) })),
  }
}

/** A code out of an English name: small letters, digits and lines between. */
export const codeOf = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^[^a-z]+|_+$/g, '').slice(0, 40)

/** A code that no group has yet. */
export function freshCode(wish: string, taken: readonly string[]): string {
  const base = codeOf(wish) || 'group'
  if (!taken.includes(base) && base !== 'index') return base
  for (let n = 2; ; n++) if (!taken.includes(`${base}_${n}`)) return `${base}_${n}`
}

/** What share a node has among its siblings: groups and parts of one parent stand side by side. */
export function shareOf(d: Pick<Draft, 'groups' | 'parts'>, parent: string, weight: number): number {
  const sum = [...d.groups.filter((g) => g.parent === parent), ...d.parts.filter((p) => p.group === parent)].reduce((s, x) => s + (x.weight || 0), 0)
  return sum > 0 ? (weight || 0) / sum : 0
}

/** A group with all that lies below it. */
export function belowOf(d: Pick<Draft, 'groups'>, code: string): string[] {
  return [code, ...d.groups.filter((g) => g.parent === code).flatMap((g) => belowOf({ groups: d.groups.filter((x) => x.code !== code) }, g.code))]
}

/** Takes a group out; what it held goes to what held it. */
export function removeGroup(d: Draft, code: string): void {
  const parent = d.groups.find((g) => g.code === code)?.parent ?? ''
  for (const g of d.groups) if (g.parent === code) g.parent = parent
  for (const p of d.parts) if (p.group === code) p.group = parent
  d.groups = d.groups.filter((g) => g.code !== code)
}

/** The groups as a tree read from the top, each with how deep it lies. */
export function treeOf(groups: readonly Group[], parent = '', depth = 0): { group: Group; depth: number }[] {
  return groups.filter((g) => g.parent === parent).flatMap((group) => [{ group, depth }, ...treeOf(groups.filter((g) => g.code !== group.code), group.code, depth + 1)])
}

export interface Tried { code: string; nameZh: string; nameEn: string; rank: number; score: number | null; was?: number; wasScore?: number | null }

/** The ranks that a draft gives beside those of the saved index. */
export function beside(tried: Scores, saved: Scores | undefined): Tried[] {
  const before = new Map((saved?.units ?? []).map((u) => [u.code, u]))
  return (tried.units ?? []).map((u) => ({ code: u.code, nameZh: u.nameZh, nameEn: u.nameEn, rank: u.rank, score: u.score, was: before.get(u.code)?.rank || undefined, wasScore: before.get(u.code)?.score }))
}
