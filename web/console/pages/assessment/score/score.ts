// What the scores of an index say, apart from any page: who leads, who lags and by what, what
// changed, and how surely. Scores run from bad to good; rank 1 is the best, 0 is none.
import { number } from '@/shared/format.ts'
import { lang, nameOf, t } from '@/shared/i18n.ts'
import type { Schemas } from '@/shared/api/client.ts'
import { isRunning, next, periodNow, textOf, type Kind } from '../measure/period.ts'

export type Index = Schemas['ScoreIndex']
export type Scores = Schemas['Scores']
export type Scored = Schemas['Scored']
export type Opened = Schemas['ScoreOpened']
export type OpenedPart = Schemas['ScoreOpenedPart']
export type Robust = Schemas['ScoreRobust']
export type Method = Schemas['ScoreMethod']
export type Assessment = Schemas['ScoreAssessment']
export type Objection = Schemas['ScoreObjection']

/** The last period of an index that is whole: the present one is not over. */
export const lastWhole = (kind: Kind, now = new Date()): string => textOf(next(periodNow(kind, now), -1))

/** A score or points, to a tenth. */
export const points = (v: number | null | undefined): string => number(v, 1)

/** Units that have a score, the best first. */
export const rankedOf = (s: Scores | undefined): Scored[] => (s?.units ?? []).filter((u) => u.score !== null)

/** Whether the period of scores is not over: what is known of it is not all, and it is not compared with
    the period before. */
export const running = (s: Pick<Scores, 'period' | 'asOf'>): boolean => isRunning(s.period, new Date(s.asOf))

/** How many places a unit went up since the period before; undefined where it had no rank then. */
export const climbed = (u: Pick<Scored, 'rank' | 'before'>): number | undefined => (u.rank && u.before ? u.before - u.rank : undefined)

/** The part at the first level of an index on which a unit is furthest behind the best, by points of the index. */
export function weakest(s: Scores, u: Scored): { group: NonNullable<Index['groups']>[number]; points: number } | undefined {
  const groups = (s.index.groups ?? []).filter((g) => g.parent === '')
  const whole = groups.reduce((sum, g) => sum + g.weight, 0) + (s.index.parts ?? []).filter((p) => p.group === '').reduce((sum, p) => sum + p.weight, 0)
  if (!groups.length || !whole) return undefined
  const of = (x: Scored, code: string): number | null => x.groups?.[code] ?? null
  return groups.flatMap((group) => {
    const own = of(u, group.code)
    const best = Math.max(...rankedOf(s).map((x) => of(x, group.code) ?? -Infinity))
    return own === null ? [] : [{ group, points: ((best - own) * group.weight) / whole }]
  }).filter((x) => x.points > 0).sort((a, b) => b.points - a.points)[0]
}

/** Sentences one after the other: Chinese ones need no space between. */
export const joined = (said: readonly string[]): string => said.filter(Boolean).join(lang.value === 'en' ? ' ' : '')

/** The picture in sentences: best, worst and why, what changed, whose place is sure. Of a period that is not
    over it is said so in the place of what changed. Who sees only some of those that are ranked is told of
    these only. */
export function sentences(s: Scores, period: string): string[] {
  const all = rankedOf(s)
  const [best, worst] = [all[0], all.at(-1)]
  if (!best || !worst) return [t('score.says_none', { period })]
  const some = all.length < s.of
  if (all.length === 1) return [t(some ? 'score.says_own' : 'score.says_one', { period, name: nameOf(best), score: points(best.score), rank: best.rank, of: s.of })]
  const weak = weakest(s, worst)
  const out = [t(some ? 'score.says_ends_seen' : 'score.says_ends', { period, best: nameOf(best), bestScore: points(best.score), worst: nameOf(worst), worstScore: points(worst.score) })]
  if (running(s)) out.push(t('score.says_running'))
  if (weak && weak.points >= 0.05) out.push(t('score.says_weak', { worst: nameOf(worst), group: nameOf(weak.group), points: points(weak.points) }))
  const moved = all.flatMap((u) => { const by = climbed(u); return by ? [{ u, by }] : [] }).sort((a, b) => b.by - a.by)
  const [up, down] = [moved[0], moved.at(-1)]
  if (running(s)) { /* nothing to compare yet */ }
  else if (!all.some((u) => u.before)) out.push(t('score.says_first'))
  else if (!moved.length) out.push(t('score.says_still'))
  else {
    if (up && up.by > 0) out.push(t('score.says_up', { name: nameOf(up.u), places: up.by }))
    if (down && down.by < 0) out.push(t('score.says_down', { name: nameOf(down.u), places: -down.by }))
  }
  if (!some) out.push(worst.low > all.length - 1 ? t('score.says_sure', { worst: nameOf(worst) }) : t('score.says_unsure', { worst: nameOf(worst), low: worst.low, high: worst.high }))
  return out
}

/** The indicators on which a unit loses points against the best, most first. */
export const losses = (parts: readonly OpenedPart[] | null | undefined): OpenedPart[] =>
  (parts ?? []).filter((p) => !p.group && (p.lost ?? 0) >= 0.005).sort((a, b) => b.lost! - a.lost!)

/** The nearest in rank: so many before a unit and after it, itself among them. */
export function neighbours(s: Scores | undefined, code: string, reach = 2): Scored[] {
  const all = rankedOf(s)
  const at = all.findIndex((u) => u.code === code)
  return at < 0 ? [] : all.slice(Math.max(0, at - reach), at + reach + 1)
}

/** Scores as rows of a file, with what they are of. */
export function rowsOf(s: Scores): (string | number | null)[][] {
  const groups = (s.index.groups ?? []).filter((g) => g.parent === '')
  const head = [t('score.index'), t('measure.period'), t('score.rank'), t('score.code'), t('score.name'), t('score.score'), t('score.rank_low'), t('score.rank_high'), t('score.rank_before'), t('score.grade'), t('score.known'), ...groups.map(nameOf), t('score.as_of')]
  return [head, ...(s.units ?? []).map((u) => [
    nameOf(s.index), s.period, u.rank || null, u.code, nameOf(u), u.score, u.rank ? u.low : null, u.rank ? u.high : null, running(s) ? null : u.before || null, u.grade ? nameOf(u.grade) : null, u.known, ...groups.map((g) => u.groups?.[g.code] ?? null), s.asOf,
  ])]
}

/** Where a place among so many lies on a band of the width 100: the middle of its slot. */
export const placeAt = (rank: number, of: number): number => ((rank - 0.5) / Math.max(1, of)) * 100
