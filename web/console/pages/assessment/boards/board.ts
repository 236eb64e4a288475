// What a board is of, between the address and its tiles; and tiles put in order.
import type { Schemas } from '@/shared/api/client.ts'
import type { Cell, Indicator } from '../measure/book.ts'
import { inKind, kinds, next, parse, periodNow, textOf, type Kind, type Period } from '../measure/period.ts'

export type Board = Schemas['Board']
export type Tile = Schemas['BoardTile']
export type Draft = Schemas['BoardDraft']

export const tileKinds = ['number', 'line', 'bars', 'map', 'rank', 'text'] as const
export const mostTiles = 24
export const mostMaps = 4
/** Periods that a line goes back. */
export const span = 24

/** How wide a tile begins. */
export const usualWide: Record<Tile['kind'], number> = { number: 1, line: 2, bars: 1, map: 2, rank: 1, text: 3 }

/** Whether a tile shows an indicator. */
export const ofIndicator = (k: Tile['kind']): boolean => k === 'number' || k === 'line' || k === 'bars' || k === 'map'

export interface Choice { region: string; kind: Kind; to: Period }

/** Reads an address; what makes no sense is as usual: months up to now. Nothing in it is a region yet
    where none was chosen. */
export function choiceOf(q: Record<string, string>, now = new Date()): Choice {
  const kind = kinds.find((k) => k === q.kind) ?? 'month'
  const to = parse(q.to)
  return { region: /^\d{12}$/.test(q.region ?? '') ? q.region! : '', kind, to: to ? inKind(to, kind) : periodNow(kind, now) }
}

/** The kind of periods that a tile is read in: the board's, or the shortest that its indicator is given for. */
export const kindFor = (d: Pick<Indicator, 'period'>, kind: Kind): Kind => kinds[Math.max(kinds.indexOf(d.period), kinds.indexOf(kind))]!

/** What is asked for all tiles at once, one question for each kind of period. */
export function questions(tiles: readonly Tile[], indicators: ReadonlyMap<string, Indicator>, { kind, to }: Choice): { kind: Kind; indicator: string[]; from: string; to: string }[] {
  const wanted = new Map<Kind, Set<string>>()
  for (const x of tiles) {
    const d = ofIndicator(x.kind) ? indicators.get(x.indicator ?? '') : undefined
    if (!d) continue
    const k = kindFor(d, kind)
    wanted.set(k, (wanted.get(k) ?? new Set()).add(d.code))
  }
  return [...wanted].map(([k, codes]) => { const last = inKind(to, k); return { kind: k, indicator: [...codes].sort(), from: textOf(next(last, 1 - span)), to: textOf(last) } })
}

/** The last value that is known and the one before it; neither where nothing is. */
export function lastTwo(cells: readonly Cell[]): { at: number; cell: Cell; before?: { at: number; value: number } } | undefined {
  const at = cells.findLastIndex((c) => c.value !== null)
  if (at < 0) return undefined
  const before = cells.slice(0, at).findLastIndex((c) => c.value !== null)
  return { at, cell: cells[at]!, before: before < 0 ? undefined : { at: before, value: cells[before]!.value! } }
}

/** A list with one of its things at another place; out of bounds it stays. */
export function put<T>(list: readonly T[], from: number, to: number): T[] {
  const out = [...list]
  if (from < 0 || from >= out.length || to < 0 || to >= out.length) return out
  out.splice(to, 0, ...out.splice(from, 1))
  return out
}
