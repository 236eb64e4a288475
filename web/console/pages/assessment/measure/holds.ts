// Which targets hold for whom: a region's own, else those of a zone it lies in, else those for all; for
// a thing those of the region in which it stands. Where that is the path says, as the server's tree has it.
// A target is one for the indicator's own kind of period: what three months add up to is not measured by
// what is asked of a month, while a share of a quarter is.
import { useQuery } from '@tanstack/vue-query'
import { computed, type ComputedRef } from 'vue'
import { answer, api } from '@/shared/api/client.ts'
import { t } from '@/shared/i18n.ts'
import { valueWord, type Indicator } from './book.ts'
import { codeOfPath } from '../../../regions.ts'
import { targetAt } from './outlook.ts'
import { periodWord, type Kind, type Period } from './period.ts'
import { targetSaid } from './words.ts'

export type Target = Indicator['targets'][number]
type Judged = Pick<Indicator, 'targets' | 'period' | 'accrues'>
export interface Zone { code: string; name: string; nameEn?: string; members?: string[] | null }

/** The codes of the region at a path and of those above it, the lowest first. */
export function around(path: string): string[] {
  const parts = path.split('.').filter((c) => /^\d+$/.test(c))
  return parts.map((_, i) => codeOfPath(parts.slice(0, parts.length - i).join('.')))
}

/** The targets that hold for what is, or stands, at a path. */
export function targetsOf(targets: readonly Target[], path: string, zones: readonly Zone[]): Target[] {
  const regions = around(path)
  const inside = (code: string) => !!zones.find((z) => z.code === code)?.members?.some((m) => regions.includes(m))
  return [targets.filter((x) => x.region && x.region === regions[0]), targets.filter((x) => x.zone && inside(x.zone)), targets.filter((x) => !x.zone && !x.region)].find((list) => list.length) ?? []
}

const measures = (d: Judged, kind: Kind): boolean => kind === d.period || !d.accrues

/** The one of them that counts in a period. */
export const targetOf = (d: Judged, path: string, zones: readonly Zone[], now: Period): Target | undefined =>
  (measures(d, now.kind) ? targetAt(targetsOf(d.targets, path, zones), now) : undefined)

/** All zones; they are few. */
export function useZones(): { zones: ComputedRef<Zone[]>; error: ComputedRef<unknown> } {
  const query = useQuery({ queryKey: ['zones'], staleTime: 300_000, queryFn: () => answer(api.GET('/api/zones')) })
  return { zones: computed(() => query.data.value ?? []), error: computed(() => query.error.value) }
}

/** Bars with the target of each, and what the marks on them are: one target for all, or each its own. */
export function marked<R extends { unit: { path: string } }>(d: Indicator, rows: readonly R[], zones: readonly Zone[], now: Period | undefined): { rows: (R & { target?: number })[]; target?: string } {
  const found = rows.map((r) => now && targetOf(d, r.unit.path, zones, now))
  const first = found.find((x) => x)
  return {
    rows: rows.map((r, i) => ({ ...r, target: found[i]?.value })),
    target: first && (found.every((x) => x?.value === first.value && x.by === first.by) ? targetSaid(d, first) : t('measure.targets_own')),
  }
}

/** The lines of a chart, by periods of a kind, at the targets that hold for what is, or stands, at a path. */
export const targetLines = (d: Indicator, path: string, zones: readonly Zone[], kind: Kind): { value: number; name: string }[] =>
  (measures(d, kind) ? targetsOf(d.targets, path, zones) : []).map((x) => ({ value: x.value, name: t('measure.target_line', { value: valueWord(d, x.value), by: periodWord(x.by) }) }))
