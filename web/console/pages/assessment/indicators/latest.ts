// How every indicator of a place stands: its course over the last periods, one request for each
// kind of period and sixty indicators.
import { useQueries } from '@tanstack/vue-query'
import { computed, type ComputedRef } from 'vue'
import { answer, api } from '@/shared/api/client.ts'
import { cellsOf, keepMeasure, type Cell, type Indicator } from '../measure/book.ts'
import { targetOf, type Target, type Zone } from '../measure/holds.ts'
import { isRunning, kinds, next, periodNow, run, textOf, type Kind, type Period } from '../measure/period.ts'
import { outlook, type Outlook } from '../measure/outlook.ts'

export const span = 24
const atOnce = 60

export interface Standing {
  cells: Cell[]
  periods: Period[]
  last?: { at: Period; cell: Cell } // the last that is known
}

/** The last periods of a kind, from the first to now. */
export const lastPeriods = (kind: Kind): Period[] => { const now = periodNow(kind); return run(next(now, 1 - span), now) }

/** The place of the last value that is known, −1 for none. Of what adds up a period that is not over says
    least, and counts where there is no other. */
export function lastKnown(cells: readonly { value: number | null }[], periods: readonly string[], accrues: boolean): number {
  const whole = accrues ? cells.findLastIndex((c, i) => c.value !== null && !isRunning(periods[i]!)) : -1
  return whole >= 0 ? whole : cells.findLastIndex((c) => c.value !== null)
}

export function standingOf(cells: Cell[], periods: Period[], accrues: boolean): Standing {
  const at = lastKnown(cells, periods.map(textOf), accrues)
  return { cells, periods, last: at < 0 ? undefined : { at: periods[at]!, cell: cells[at]! } }
}

/** By code, as far as it is there. */
export function useStandings(indicators: ComputedRef<Indicator[]>, place: ComputedRef<{ code: string } | undefined>): ComputedRef<Map<string, Standing>> {
  keepMeasure()
  const parts = computed(() => kinds.flatMap((kind) => {
    const codes = indicators.value.filter((d) => d.period === kind).map((d) => d.code)
    return Array.from({ length: Math.ceil(codes.length / atOnce) }, (_, i) => ({ kind, codes: codes.slice(i * atOnce, (i + 1) * atOnce) }))
  }))
  const found = useQueries({
    queries: computed(() => (place.value ? parts.value : []).map(({ kind, codes }) => {
      const periods = lastPeriods(kind)
      const query = { indicator: codes, unit: [place.value!.code], from: textOf(periods[0]!), to: textOf(periods.at(-1)!) }
      return { queryKey: ['measure', 'values', query], queryFn: () => answer(api.GET('/api/measure/values', { params: { query } })) }
    })),
  })
  return computed(() => new Map(parts.value.flatMap(({ kind, codes }, i) => {
    const table = found.value[i]?.data
    const periods = lastPeriods(kind)
    const accrues = new Set(indicators.value.filter((d) => d.accrues).map((d) => d.code))
    if (table?.periods?.length !== periods.length) return []
    return codes.map((code) => { const cell = cellsOf(table, code); return [code, standingOf(periods.map((_, p) => cell(0, p)), periods, accrues.has(code))] as const })
  })))
}

/** The target of the region at a path that counts now, and what is to be expected of it. */
export function expectation(d: Indicator, s: Standing | undefined, path: string, zones: readonly Zone[]): { target: Target; outlook: Outlook } | undefined {
  const now = periodNow(d.period)
  const target = targetOf(d, path, zones, now)
  return target && { target, outlook: outlook((s?.cells ?? []).map((c, i) => ({ at: s!.periods[i]!, value: c.value })), target, d.direction, now) }
}
