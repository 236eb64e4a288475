// Which targets hold for whom: a region's own, else those of a zone it lies in, else those for all.
import { useQuery } from '@tanstack/vue-query'
import { computed, type ComputedRef } from 'vue'
import { answer, api } from '@/shared/api/client.ts'
import { t } from '@/shared/i18n.ts'
import { valueWord, type Indicator } from './book.ts'
import { targetAt } from './outlook.ts'
import { periodWord, type Period } from './period.ts'
import { targetWord } from './words.ts'

export type Target = Indicator['targets'][number]
export interface Zone { code: string; name: string; nameEn?: string; members?: string[] | null }

/** The regions that a region lies in, by their codes. */
export const above = (code: string): string[] => (/^\d{12}$/.test(code) ? [9, 6, 4, 2].map((n) => code.slice(0, n).padEnd(12, '0')).filter((c, i, all) => c !== code && all.indexOf(c) === i) : [])

/** The targets that hold for a unit. */
export function targetsOf(targets: readonly Target[], unit: string, zones: readonly Zone[]): Target[] {
  const around = [unit, ...above(unit)]
  const inside = (code: string) => !!zones.find((z) => z.code === code)?.members?.some((m) => around.includes(m))
  return [targets.filter((x) => x.region === unit), targets.filter((x) => x.zone && inside(x.zone)), targets.filter((x) => !x.zone && !x.region)].find((list) => list.length) ?? []
}

/** The one of them that counts in a period. */
export const targetOf = (d: Pick<Indicator, 'targets'>, unit: string, zones: readonly Zone[], now: Period): Target | undefined => targetAt(targetsOf(d.targets, unit, zones), now.kind, now)

/** All zones; they are few. */
export function useZones(): { zones: ComputedRef<Zone[]>; error: ComputedRef<unknown> } {
  const query = useQuery({ queryKey: ['zones'], staleTime: 300_000, queryFn: () => answer(api.GET('/api/zones')) })
  return { zones: computed(() => query.data.value ?? []), error: computed(() => query.error.value) }
}

/** Bars with the target of each, and what the marks on them are: one target for all, or each its own. */
export function marked<R extends { unit: { code: string } }>(d: Indicator, rows: readonly R[], zones: readonly Zone[], now: Period | undefined): { rows: (R & { target?: number })[]; target?: string } {
  const found = rows.map((r) => now && targetOf(d, r.unit.code, zones, now))
  const first = found.find((x) => x)
  return {
    rows: rows.map((r, i) => ({ ...r, target: found[i]?.value })),
    target: first && (found.every((x) => x?.value === first.value && x.by === first.by) ? targetWord(d, first) : t('measure.targets_own')),
  }
}

/** The lines of a chart at the targets that hold for a unit. */
export const targetLines = (d: Indicator, unit: string, zones: readonly Zone[]): { value: number; name: string }[] =>
  targetsOf(d.targets, unit, zones).map((x) => ({ value: x.value, name: t('measure.target_line', { value: valueWord(d, x.value), by: periodWord(x.by) }) }))
