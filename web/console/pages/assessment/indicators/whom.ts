// For whom a target is: all, a zone, or one region; as a word, and as a choice.
import { computed, type ComputedRef } from 'vue'
import { nameOf, t } from '@/shared/i18n.ts'
import { useCity, useDistricts } from '../../../regions.ts'
import { useZones, type Target } from '../measure/holds.ts'

export interface Whom { value: string; label: string }

/** A target's whom as one word: nothing for all, zone:core, region:110101000000. */
export const whomOf = (x: Pick<Target, 'zone' | 'region'>): string => (x.region ? `region:${x.region}` : x.zone ? `zone:${x.zone}` : '')

/** Makes a target one for whom a word says. */
export function setWhom(x: Pick<Target, 'zone' | 'region'>, whom: string): void {
  const [kind, code] = whom.split(':')
  x.zone = kind === 'zone' ? code! : ''
  x.region = kind === 'region' ? code! : ''
}

export function useForWhom(): { regions: ComputedRef<Whom[]>; zones: ComputedRef<Whom[]>; forWhom: (x: Pick<Target, 'zone' | 'region'>) => string } {
  const city = useCity()
  const districts = useDistricts()
  const found = useZones()
  const regions = computed(() => [...(city.value ? [city.value] : []), ...districts.value].map((r) => ({ value: `region:${r.code}`, label: nameOf(r) })))
  const zones = computed(() => found.zones.value.map((z) => ({ value: `zone:${z.code}`, label: nameOf({ nameZh: z.name, nameEn: z.nameEn ?? '' }) })))
  const forWhom = (x: Pick<Target, 'zone' | 'region'>): string => {
    const whom = whomOf(x)
    return whom ? ([...regions.value, ...zones.value].find((w) => w.value === whom)?.label ?? x.region ?? x.zone) : t('measure.target.all')
  }
  return { regions, zones, forWhom }
}
