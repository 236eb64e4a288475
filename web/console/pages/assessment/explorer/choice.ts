// What the explorer shows, between the address and the pages: an address is a picture that can be sent.
import { momentOf } from '@/shared/clock.ts'
import type { Element, Indicator } from '../measure/book.ts'
import { codesIn } from '../measure/formula.ts'
import { inKind, kinds, next, parse, periodNow, textOf, type Kind, type Period } from '../measure/period.ts'

export const views = ['lines', 'bars', 'map', 'table'] as const
export type View = (typeof views)[number]
export const levels = ['city', 'district', 'township'] as const
export type Level = (typeof levels)[number]
/** Levels of regions from the widest. */
const wide: readonly string[] = ['nation', 'province', 'city', 'prefecture', 'district', 'township', 'village']
export const mostIndicators = 6
const mostPeriods = 400
const usual = 24

export interface Choice {
  indicators: string[]
  level: Level
  within: string // a district's code, or empty for the whole city
  kind: Kind
  from: Period
  to: Period
  asOf: string // a time of the city's clock, or empty for now
  view: View
  show: string // of several indicators the one in the map or the table
  at: string // the period of bars and map; empty for the last that is known
}

const oneOf = <T extends string>(all: readonly T[], word: string | undefined, otherwise: T): T => all.find((x) => x === word) ?? otherwise

/** Reads an address. The period is at least as long as that of every indicator; what makes no sense is as usual. */
export function choiceOf(q: Record<string, string>, known: Pick<Indicator, 'code' | 'period'>[], now = new Date()): Choice {
  const indicators = [...new Set((q.indicator ?? '').split(','))].filter((c) => known.some((d) => d.code === c)).slice(0, mostIndicators)
  const shortest = Math.max(0, ...indicators.map((c) => kinds.indexOf(known.find((d) => d.code === c)!.period)))
  const kind = kinds[Math.max(shortest, kinds.indexOf(oneOf(kinds, q.kind, 'day')))]!
  const to = bound(q.to, kind) ?? periodNow(kind, now)
  const from = bound(q.from, kind) ?? next(to, 1 - usual)
  return {
    indicators, kind, to, from: from.n > to.n ? to : from.n < to.n - mostPeriods + 1 ? next(to, 1 - mostPeriods) : from,
    level: oneOf(levels, q.level, 'district'), within: q.level === 'township' && /^\d{12}$/.test(q.within ?? '') ? q.within! : '', asOf: /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(q.asOf ?? '') ? q.asOf! : '',
    view: oneOf(views, q.view, 'lines'), show: indicators.find((c) => c === q.show) ?? indicators[0] ?? '', at: q.at ? (bound(q.at, kind) ? textOf(bound(q.at, kind)!) : '') : '',
  }
}

function bound(text: string | undefined, kind: Kind): Period | undefined {
  const p = parse(text)
  return p && inKind(p, kind)
}

/** The moment as of which a picture is. */
export const asOfChoice = (c: Pick<Choice, 'asOf'>): Date => (c.asOf ? momentOf(c.asOf) : new Date())

/** The kinds of periods that all of these are given for. */
export const kindsFor = (chosen: Pick<Indicator, 'period'>[]): Kind[] => kinds.slice(Math.max(0, ...chosen.map((d) => kinds.indexOf(d.period))))

/** Whether regions add up: a count of something, not a share or a mean. */
export const addsUp = (d: Pick<Indicator, 'aggregate' | 'denominator' | 'formula' | 'numerator'>, elements: readonly Pick<Element, 'code' | 'combine'>[]): boolean =>
  d.aggregate === 'formula' && !d.denominator.trim() && !d.formula.trim() && elements.some((e) => e.code === d.numerator.trim() && (e.combine === 'sum' || e.combine === 'stock'))

/** The smallest regions that an indicator can be reckoned for: those for which all that it is made of is
    stated. Undefined where that may be any. */
export function levelOf(code: string, indicators: readonly Indicator[], elements: readonly Element[], seen: readonly string[] = []): Element['level'] | undefined {
  if (seen.includes(code)) return undefined
  const d = indicators.find((x) => x.code === code)
  if (!d) return elements.find((e) => e.code === code)?.level || undefined
  const below = [...new Set([d.numerator, d.denominator, ...d.parts].flatMap(codesIn))].flatMap((c) => levelOf(c, indicators, elements, [...seen, code]) ?? [])
  return below.sort((a, b) => wide.indexOf(a) - wide.indexOf(b))[0]
}

/** Of indicators those that a level of regions is too small for. */
export const tooSmallFor = (level: Level, chosen: readonly Indicator[], indicators: readonly Indicator[], elements: readonly Element[]): { d: Indicator; level: Element['level'] }[] =>
  chosen.flatMap((d) => { const own = levelOf(d.code, indicators, elements); return own && wide.indexOf(own) < wide.indexOf(level) ? [{ d, level: own }] : [] })

/** The first indicators of which something is known, or the first of all where nothing is; none before all were asked after. */
export function suggested<D extends Pick<Indicator, 'code'>>(indicators: readonly D[], standings: ReadonlyMap<string, { last?: unknown }>, most = 6): D[] {
  const known = indicators.filter((d) => standings.get(d.code)?.last)
  return standings.size < indicators.length ? [] : (known.length ? known : indicators).slice(0, most)
}

/** Too many lines tell nothing: the first and the last of a ranking stand for all. */
export function ends<T>(ranked: T[], most: number): T[] {
  const half = Math.floor(most / 2)
  return ranked.length <= most ? ranked : [...ranked.slice(0, half), ...ranked.slice(ranked.length - half)]
}
