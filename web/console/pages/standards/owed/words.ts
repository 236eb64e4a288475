// What standards are called on the pages that show them.
import type { Schemas } from '@/shared/api/client.ts'
import { number, unitBeside } from '@/shared/format.ts'
import { has, lang, nameOf, t } from '@/shared/i18n.ts'

export type Standard = Schemas['StandardView']
export type Brief = Schemas['StandardBrief']
export type Whole = Schemas['StandardWhole']
export type Version = Schemas['StandardVersion']
export type Content = Schemas['StandardContent']
export type Item = Schemas['StandardItem']
export type Threshold = Schemas['StandardThreshold']
export type Impact = Schemas['StandardImpact']
export type ItemImpact = Schemas['StandardItemImpact']
export type UnitImpact = Schemas['StandardUnitImpact']
export type Remark = Schemas['StandardRemark']
export type Zone = Schemas['RegionZone']
export type Indicator = Schemas['IndicatorDefinition']

export const kinds = ['service', 'outlet', 'screen', 'hotel', 'station', 'other'] as const
export const media = ['radio', 'television', 'cable', 'iptv', 'satellite', 'online', 'emergency', 'access', 'outlet', 'screen', 'hotel', 'station', 'other'] as const
export const groups = ['everyone', 'rural', 'elderly', 'hearing', 'sight', 'minority', 'migrant', 'minor', 'guest'] as const
export const levels = ['city', 'district', 'township'] as const
/** What an item judges, in one word: regions of a level, or single things of a kind. */
export const subjectOf = (it: Pick<Item, 'level' | 'things'>): string => (it.level === 'thing' ? `thing:${it.things ?? ''}` : it.level)
export const subjectWord = (it: { level: string; things?: string }): string => (it.level === 'thing' ? t(`thing.each.${it.things}`) : t(`level.${it.level}`))
const regionKinds = ['street', 'town', 'township', 'area', 'zone', 'district', 'county'] as const

/** Whom a threshold may be for, besides zones. */
export const whoms = ['all', 'area:urban', 'area:rural', ...regionKinds.map((k) => `kind:${k}`)]

/** A text in the reader's language; the Chinese stands in for a missing English one. */
export const said = (zh: string, en: string): string => (lang.value === 'en' && en) || zh

/** Whom a threshold is for, in words. */
export function whom(of: string, zones: Zone[]): string {
  const zone = zones.find((z) => `zone:${z.code}` === of)
  if (zone) return nameOf(zone)
  const key = `std.for.${of.replace(':', '_')}`
  return has(key) ? t(key) : of
}

/** A number with as many places as it has, and its unit. */
export function figure(v: number | undefined, unit: string, places?: number): string {
  if (v === undefined) return '—'
  const shown = number(v, places ?? (Number.isInteger(v) ? 0 : 2))
  return `${shown}${unit === '%' ? '%' : unit && `\u00a0${unitBeside(unit, shown)}`}`
}

/** What must be reached: ≥ 90%; nothing where there is no threshold. */
export const boundOf = (v: number | undefined, it: Pick<Item, 'comparison'> | undefined, unit: string): string =>
  v === undefined ? '—' : `${it?.comparison === 'at_most' ? '≤' : '≥'} ${figure(v, unit)}`

/** A threshold in words: in town ≥ 90%. */
export const limitOf = (th: Threshold, it: Pick<Item, 'comparison'>, unit: string, zones: Zone[]): string =>
  `${whom(th.for, zones)} ${boundOf(th.value, it, unit)}`

/** A day of the calendar. */
export const day = (text: string | undefined): string => text || '—'

/** How many days lie between two days of the calendar; below 0 where the second is over. */
export const daysTill = (today: string, day: string): number => Math.round((Date.parse(day) - Date.parse(today)) / 86_400_000)

/** How a version stands today, in a word: what binds is not what was published alone. */
export function stateOf(v: Pick<Brief, 'state' | 'from' | 'until' | 'binds'>, today: string): string {
  if (v.state !== 'published') return t(`std.state.${v.state}`)
  if (v.binds) return t('std.state.in_force')
  return t(v.from > today ? 'std.state.ahead' : 'std.state.over')
}

/** Whom a version would bind, in numbers: regions, people, and those that fail any item now. */
export function binding(impact: Impact, level: string, tried = false): { regions: number; people: number; failing: number; failingPeople: number; unknown: number } {
  const units = new Map<string, { people: number; failed: boolean; unknown: boolean }>()
  for (const it of impact.items) {
    for (const u of it.level === level ? it.units : []) {
      if (tried && !u.tried) continue
      const was = units.get(u.code) ?? { people: u.people, failed: false, unknown: false }
      units.set(u.code, { people: u.people, failed: was.failed || u.standing === 'failed', unknown: was.unknown || u.standing === 'unknown' })
    }
  }
  const all = [...units.values()]
  const failing = all.filter((u) => u.failed)
  const people = (list: typeof all) => list.reduce((n, u) => n + u.people, 0)
  return { regions: all.length, people: people(all), failing: failing.length, failingPeople: people(failing), unknown: all.filter((u) => u.unknown).length }
}
