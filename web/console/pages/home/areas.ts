// The areas of messages as the map draws them: drawn ones as they are, regions by their
// outlines.
import { useQueries } from '@tanstack/vue-query'
import { computed, type ComputedRef, type Ref } from 'vue'
import { answer, api, type Schemas } from '@/shared/api/client.ts'
import { outlinesOf, smallAt, type MapArea, type Outlines } from '../../map/data.ts'
import type { Position, Ring } from '../../map/shape.ts'
import { useOnAir } from '../../onair.ts'
import { useOutlines, useRegions } from '../../regions.ts'
import { useTerminals } from '../../terminals.ts'

type Area = Schemas['MessageArea']

const corners = 48

function circle(c: { center: number[] | null; radius: number }): Ring {
  const [lon, lat] = c.center as [number, number]
  return Array.from({ length: corners + 1 }, (_, i) => {
    const turn = (2 * Math.PI * i) / corners
    const north = c.radius / 110_570
    return [lon + (north / Math.cos((lat * Math.PI) / 180)) * Math.cos(turn), lat + north * Math.sin(turn)]
  })
}

/** What an area consists of, each by its rings, as far as outlines for its regions are there: the
    widest level first. */
function shapesOf(area: Area, outlines: (Outlines | undefined)[]): Ring[][] {
  return [
    ...((area.polygons ?? []) as unknown as Ring[]).map((ring) => [ring]),
    ...(area.circles ?? []).map((c) => [circle(c)]),
    ...outlinesOf(outlines, codesOf(area)).features.map((f) =>
      f.geometry.type === 'Polygon' ? [f.geometry.coordinates[0] as Ring] : f.geometry.coordinates.map((p) => p[0] as Ring)),
  ]
}

/** The rings of all of it. */
export const ringsOfArea = (area: Area, outlines: (Outlines | undefined)[]): Ring[] => shapesOf(area, outlines).flat()

/** The regions that an area names, itself or by its zones. */
const codesOf = (area: Area): string[] => [...new Set([...(area.regions ?? []), ...(area.members ?? [])])]

/** The levels that codes of regions belong to: a code ends in zeros where it says no more. */
export const isVillage = (code: string): boolean => !code.endsWith('000')
export const isTownship = (code: string): boolean => code.endsWith('000') && !code.endsWith('000000')
export const isWider = (code: string): boolean => code.endsWith('00000000')

/** A message whose area is shown. */
export interface Shown {
  id: string
  severity: string
  drill: boolean
  area: Area
}

/** The areas of messages, with the outlines they need: townships also when the map is near.
    Villages have no outline and named devices no area; they stand as spots. */
export function useAreas(shown: Ref<Shown[]>, near: Ref<boolean>): ReturnType<typeof useOutlines> & {
  areas: ComputedRef<MapArea[]>
  complete: ComputedRef<boolean> // everything that the areas name is there
} {
  const codes = computed(() => [...new Set(shown.value.flatMap((m) => codesOf(m.area)))])
  const small = computed(() => codes.value.some(isTownship))
  const wide = computed(() => codes.value.some(isWider))
  const outlines = useOutlines(computed(() => near.value || small.value), wide)
  const { regions } = useRegions(computed(() => codes.value.filter(isVillage)))
  const { terminals } = useTerminals()
  const places = computed(() => new Map(shown.value.some((m) => m.area.devices?.length) ? terminals.value.map((x) => [x.id, x.at]) : []))
  const spotsOf = (area: Area) => [
    ...codesOf(area).flatMap((c) => { const at = regions.value.get(c)?.centre; return at ? [at as Position] : [] }),
    ...(area.devices ?? []).flatMap((d) => (places.value.has(d) ? [places.value.get(d)!] : [])),
  ]
  const areas = computed(() => shown.value.map((m): MapArea => {
    const shapes = shapesOf(m.area, [outlines.whole.value, outlines.districts.value, outlines.townships.value])
    return { id: m.id, severity: m.severity, drill: m.drill, polygons: shapes.flat(), small: shapes.flatMap(smallAt), spots: spotsOf(m.area) }
  }))
  const complete = computed(() => !!outlines.districts.value && (!small.value || !!outlines.townships.value) && (!wide.value || !!outlines.whole.value) &&
    codes.value.filter(isVillage).every((c) => regions.value.has(c)))
  return { ...outlines, areas, complete }
}

/** Everything on the air, as far as its text is there. */
export function useShownOnAir(): ComputedRef<Shown[]> {
  const { messages } = useOnAir()
  const details = useQueries({
    queries: computed(() => messages.value.map((m) => ({
      queryKey: ['message', m.id],
      queryFn: () => answer(api.GET('/api/alerts/{id}', { params: { path: { id: m.id } } })),
      staleTime: 60_000,
    }))),
  })
  return computed(() => details.value.flatMap(({ data: m }) =>
    m?.current ? [{ id: m.id, severity: m.current.severity, drill: m.drill, area: m.current.area }] : []))
}
