// Numbers of the city, or of the reader's own place, that are older than their definitions allow.
import { computed, type ComputedRef } from 'vue'
import { useStandings } from '../indicators/latest.ts'
import { useBook, type Indicator } from '../measure/book.ts'
import { useMine } from '../measure/mine.ts'
import { parse, type Period } from '../measure/period.ts'
import { overdueBy } from './late.ts'

export interface Overdue { d: Indicator; at: Period; data: Period; days: number }

export function useOverdue(): { overdue: ComputedRef<Overdue[]>; error: ComputedRef<unknown> } {
  const { indicators, error } = useBook()
  const watched = computed(() => indicators.value.filter((d) => d.fresh > 0))
  const standings = useStandings(watched, useMine())
  return {
    error,
    overdue: computed(() => watched.value.flatMap((d): Overdue[] => {
      const last = standings.value.get(d.code)?.last
      if (!last) return []
      const data = parse(last.cell.note?.stale) ?? last.at // a state that holds was stated before
      const days = overdueBy(data, d.fresh)
      return days > 0 ? [{ d, at: last.at, data, days }] : []
    }).sort((a, b) => b.days - a.days)),
  }
}
