// The areas of the messages on the air, as polygons: drawn ones as they are, regions by
// their outlines.
import { useQueries } from '@tanstack/vue-query'
import { computed, type ComputedRef } from 'vue'
import { answer, api, type Schemas } from '@/shared/api/client.ts'
import type { MapArea, Outlines } from '../../map/data.ts'
import type { Ring } from '../../map/shape.ts'
import { useOnAir } from '../../onair.ts'

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

function ringsOf(outlines: Outlines | undefined, codes: string[]): Ring[] {
  return (outlines?.features ?? []).filter((f) => codes.includes(f.properties.code)).flatMap((f) =>
    f.geometry.type === 'Polygon' ? [f.geometry.coordinates[0] as Ring] : f.geometry.coordinates.map((p) => p[0] as Ring))
}

/** An area's rings, as far as outlines for its regions are there. */
export function ringsOfArea(area: Area, outlines: (Outlines | undefined)[]): Ring[] {
  const codes = [...(area.regions ?? []), ...(area.members ?? [])]
  return [
    ...((area.polygons ?? []) as unknown as Ring[]),
    ...(area.circles ?? []).map(circle),
    ...outlines.flatMap((o) => ringsOf(o, codes)),
  ]
}

/** Areas of everything on the air. */
export function useAreas(
  districts: ComputedRef<Outlines | undefined>, townships: ComputedRef<Outlines | undefined>,
): { areas: ComputedRef<MapArea[]>; regionCodes: ComputedRef<string[]> } {
  const { messages } = useOnAir()
  const details = useQueries({
    queries: computed(() => messages.value.slice(0, 30).map((m) => ({
      queryKey: ['message', m.id],
      queryFn: () => answer(api.GET('/api/alerts/{id}', { params: { path: { id: m.id } } })),
      staleTime: 60_000,
    }))),
  })
  const shown = computed(() => details.value.flatMap((d) => (d.data?.current ? [d.data] : [])))
  const areas = computed(() => shown.value.map((m): MapArea => ({
    id: m.id, severity: m.current!.severity, drill: m.drill, polygons: ringsOfArea(m.current!.area, [districts.value, townships.value]),
  })))
  return { areas, regionCodes: computed(() => shown.value.flatMap((m) => m.current!.area.regions ?? [])) }
}
