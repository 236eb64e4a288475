// Regions as the console uses them: outlines for maps, and finding by name or code.
import { useQueries, useQuery } from '@tanstack/vue-query'
import { computed, type ComputedRef, type Ref } from 'vue'
import { lang, nameOf } from '@/shared/i18n.ts'
import { answer, api, send, type Schemas } from '@/shared/api/client.ts'
import type { Outlines } from './map/data.ts'

export type Region = Schemas['Region']

/** The regions directly below one; of nobody, the tops of the tree. */
export const childrenOf = async (parent?: string): Promise<Region[]> =>
  (await answer(api.GET('/api/regions', { params: { query: { parent, limit: 500 } } }))).items ?? []

/** Regions whose name or code holds the words. */
export const findRegions = async (q: string, signal?: AbortSignal): Promise<Region[]> =>
  (await answer(api.GET('/api/regions', { params: { query: { q, limit: 20 } }, signal }))).items ?? []

/** One region with those above it. */
export const regionOf = (code: string): Promise<Region> => answer(api.GET('/api/regions/{code}', { params: { path: { code } } }))

const outlines = (code: string, level: string): Promise<Outlines> => send(`/api/regions/${code}/outlines?level=${level}`, {})

const forever = { staleTime: Infinity, gcTime: Infinity }

/** The city's outlines: districts at once, townships and its own when wanted, neighbours faintly. */
export function useOutlines(wantTownships: Ref<boolean>, wantWhole?: Ref<boolean>): {
  whole: ComputedRef<Outlines | undefined>
  districts: ComputedRef<Outlines | undefined>
  townships: ComputedRef<Outlines | undefined>
  neighbours: ComputedRef<Outlines | undefined>
  error: ComputedRef<unknown>
} {
  const city = useCity()
  const code = computed(() => city.value?.code)
  const whole = useQuery({
    queryKey: ['outlines', code, 'city'], enabled: () => !!code.value && !!wantWhole?.value, ...forever,
    queryFn: () => outlines(code.value!, 'city'),
  })
  const districts = useQuery({
    queryKey: ['outlines', code, 'district'], enabled: () => !!code.value, ...forever,
    queryFn: () => outlines(code.value!, 'district'),
  })
  const townships = useQuery({
    queryKey: ['outlines', code, 'township'], enabled: () => !!code.value && wantTownships.value, ...forever,
    queryFn: () => outlines(code.value!, 'township'),
  })
  const neighbours = useQuery({
    queryKey: ['outlines', code, 'neighbours'], enabled: () => !!city.value?.parent, ...forever,
    queryFn: async (): Promise<Outlines> => {
      const all = await outlines(city.value!.parent, 'district')
      return { ...all, features: all.features.filter((f) => !f.properties.path.startsWith(city.value!.path)) }
    },
  })
  return {
    whole: computed(() => whole.data.value),
    districts: computed(() => districts.data.value),
    townships: computed(() => townships.data.value),
    neighbours: computed(() => neighbours.data.value),
    error: computed(() => districts.error.value ?? townships.error.value),
  }
}

/** A region's name after its district's where it is smaller than one: names of townships repeat. */
export function placeName(r: Region): string {
  const district = r.ancestors?.find((a) => a.level === 'district')
  return district ? [nameOf(district), nameOf(r)].join(lang.value === 'en' ? ' ' : '') : nameOf(r)
}

/** The places that a region lies in, below the city: names of villages and townships repeat. */
export const within = (r: Region): string =>
  (r.ancestors ?? []).filter((a) => a.level === 'district' || a.level === 'township').map(nameOf).join(lang.value === 'en' ? ', ' : '')

/** The 12 digits of the last region of a path such as cn.11.110101. */
export const codeOfPath = (path: string): string => (path.split('.').filter((c) => /^\d+$/.test(c)).at(-1) ?? '').padEnd(12, '0')

/** The districts of the city, asked for once. */
export function useDistricts(): ComputedRef<Region[]> {
  const city = useCity()
  const query = useQuery({
    queryKey: ['regions', 'children', () => city.value?.code], enabled: () => !!city.value, staleTime: Infinity,
    queryFn: () => childrenOf(city.value!.code),
  })
  return computed(() => query.data.value ?? [])
}

/** The region that is the city served here. */
export function useCity(): ComputedRef<Region | undefined> {
  const query = useQuery({
    queryKey: ['city'], ...forever,
    queryFn: async () => regionOf((await answer(api.GET('/api/city'))).home),
  })
  return computed(() => query.data.value)
}

/** Regions by code, as far as they are known by now; asked for once each. */
export function useRegions(codes: Ref<string[]>): { regions: ComputedRef<Map<string, Region>> } {
  const found = useQueries({
    queries: computed(() => codes.value.map((code) => ({ queryKey: ['region', code], queryFn: () => regionOf(code), ...forever }))),
  })
  return { regions: computed(() => new Map(found.value.flatMap((q) => (q.data ? [[q.data.code, q.data] as const] : [])))) }
}
