// What the pages of cases share: types, one case, and hearing that cases changed.
import { useQueries, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, onScopeDispose, type ComputedRef, type Ref } from 'vue'
import { answer, api, type Schemas } from '@/shared/api/client.ts'
import type { CaseType, Field } from '@/shared/case/field.ts'
import { onGap, onLive } from '@/shared/live.ts'

export type CaseView = Schemas['DocketView']
export type CaseRow = Schemas['DocketRow']
export type StepView = Schemas['DocketStepView']
export type Offered = Schemas['DocketOffered']

/** Calls fn, at most once in a while, when cases changed; with none named after a gap. */
export function onCases(fn: (ids: string[] | undefined) => void, every = 1000): void {
  let waiting: ReturnType<typeof setTimeout> | undefined
  let changed: string[] | undefined = []
  const tell = (ids?: string[]): void => {
    changed = ids && changed ? [...changed, ...ids] : undefined
    waiting ??= setTimeout(() => {
      waiting = undefined
      const now = changed
      changed = []
      fn(now)
    }, every)
  }
  const stops = [onLive<{ cases?: string[] }>('casework.changed', ({ cases }) => tell(cases)), onGap(() => tell())]
  onScopeDispose(() => { stops.forEach((stop) => stop()); clearTimeout(waiting) })
}

const typeQuery = (code: string, version: number) => ({
  queryKey: ['case-type', code, version], staleTime: version ? Infinity : 60_000,
  queryFn: (): Promise<CaseType> => answer(api.GET('/api/casework/types/{code}', { params: { path: { code }, query: { version } } })),
})

/** The type of a case. */
export function useType(of: () => { type: string; version: number } | undefined): ComputedRef<CaseType | undefined> {
  const query = useQuery(computed(() => ({ ...typeQuery(of()?.type ?? '', of()?.version ?? 0), enabled: !!of() })))
  return computed(() => query.data.value)
}

/** What one can open a case of, each with its whole type as soon as it is there. */
export function useOffered(): { offered: ComputedRef<Offered[] | undefined>; types: ComputedRef<Map<string, CaseType>>; error: ComputedRef<unknown> } {
  const query = useQuery({ queryKey: ['case-offered'], staleTime: 60_000, queryFn: () => answer(api.GET('/api/casework/offered')) })
  const offered = computed(() => (query.data.value ? (query.data.value.items ?? []) : undefined))
  const found = useQueries({ queries: computed(() => (offered.value ?? []).map((o) => typeQuery(o.code, 0))) })
  const types = computed(() => new Map(found.value.flatMap((q) => (q.data ? [[q.data.type, q.data] as const] : []))))
  return { offered, types, error: computed(() => query.error.value) }
}

/** The case types that new cases are opened by. */
export function useTypeRows(): { rows: ComputedRef<Schemas['DocketTypeRow'][]>; error: ComputedRef<unknown>; pending: Ref<boolean> } {
  const query = useQuery({ queryKey: ['case-types'], staleTime: 60_000, queryFn: () => answer(api.GET('/api/casework/types')) })
  return { rows: computed(() => query.data.value?.items ?? []), error: computed(() => query.error.value), pending: query.isPending }
}

export const caseKey = (id: string): string[] => ['case', id]

/** A case, read anew when it changes. */
export function useCase(id: () => string): ReturnType<typeof useQuery<CaseView>> {
  const client = useQueryClient()
  onCases((ids) => (!ids || ids.includes(id())) && void client.invalidateQueries({ queryKey: caseKey(id()) }))
  return useQuery<CaseView>({ queryKey: ['case', computed(id)], queryFn: () => answer(api.GET('/api/casework/cases/{id}', { params: { path: { id: id() } } })) })
}

/** All fields of a type in the order of its forms, each once; the forms that open a case come first. */
export function fieldsOf(type: CaseType): { form: Schemas['ProcedureForm']; fields: Field[] }[] {
  const first = new Set((type.start ?? []).map((s) => s.form))
  const seen = new Set<string>()
  return [...(type.forms ?? [])].sort((a, b) => Number(first.has(b.id)) - Number(first.has(a.id))).map((form) => ({
    form, fields: (form.fields ?? []).filter((f) => !seen.has(f.id) && seen.add(f.id)),
  }))
}
