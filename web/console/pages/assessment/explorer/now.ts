// The one period that bars, map and a table of several indicators are of.
import { computed, type ComputedRef } from 'vue'
import type { Indicator, Table } from '../measure/book.ts'
import type { Choice } from './choice.ts'

/** The place of the chosen period; where none is chosen, of the last in which anything is known. */
export function placeOf(table: Table, indicators: Pick<Indicator, 'code'>[], at: string): number {
  const periods = table.periods ?? []
  const chosen = periods.indexOf(at)
  if (chosen >= 0) return chosen
  const series = (table.indicators ?? []).filter((s) => indicators.some((d) => d.code === s.code))
  const known = periods.findLastIndex((_, p) => series.some((s) => (s.values ?? []).some((u) => (u?.[p] ?? null) !== null)))
  return known < 0 ? periods.length - 1 : known
}

export const usePlace = (props: { table: Table; indicators: Indicator[]; choice: Choice }): ComputedRef<number> => computed(() => placeOf(props.table, props.indicators, props.choice.at))
