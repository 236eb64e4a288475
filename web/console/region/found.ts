// Regions as a search finds them: namesakes told apart, and what may be chosen among them.
import { lang, nameOf } from '@/shared/i18n.ts'
import type { Region } from '../regions.ts'

/** What a region lies in, from the widest that does not hold the whole city down: names repeat, in
    the city and beyond it. */
export const liesIn = (r: Pick<Region, 'code' | 'ancestors'>, city: Pick<Region, 'path'> | undefined): string =>
  (r.ancestors ?? []).filter((a) => a.code !== r.code && a.level !== 'nation' && !city?.path.startsWith(a.path)).map(nameOf).join(lang.value === 'en' ? ', ' : '')

/** Whether a region may be chosen: it lies in the city served here, and in what the person may reach. */
export const inReach = (path: string, city: Pick<Region, 'path'> | undefined, may: (path: string) => boolean): boolean =>
  (!city || path.startsWith(city.path)) && may(path)
