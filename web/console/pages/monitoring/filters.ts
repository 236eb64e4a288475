// The filters of the device list, between the address and the API.
import type { operations } from '@/shared/api/schema.d.ts'
import { lang } from '@/shared/i18n.ts'
import { deviceStates, kinds, presences } from './words.ts'

type DeviceQuery = NonNullable<operations['asset-list']['parameters']['query']>

const plain = ['q', 'region', 'owner', 'model', 'site', 'fault'] as const
const listed = { kind: kinds, state: deviceStates, presence: presences } as const

/** Keeps the words that the API knows; what somebody mistyped in the address chooses nothing. */
const known = <T extends string>(words: readonly T[], value: string | undefined): T[] | undefined => {
  const found = (value ?? '').split(',').filter((w): w is T => (words as readonly string[]).includes(w))
  return found.length ? found : undefined
}

/** The filters of an address as the API's query. */
export function deviceQuery(filters: Record<string, string>): DeviceQuery {
  const out: DeviceQuery = { kind: known(kinds, filters.kind), state: known(deviceStates, filters.state), presence: known(presences, filters.presence) }
  for (const key of plain) if (filters[key]) out[key] = filters[key]
  if (filters.sample === 'true' || filters.sample === 'false') out.sample = filters.sample
  return out
}

/** Only what narrows the list: the address also says how it is shown. */
export const narrowing = (query: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(query).filter(([key]) => (plain as readonly string[]).includes(key) || key in listed || key === 'sample'))

/** The address of a file about the devices of a filter, in the reader's language. */
export const fileOf = (path: string, filters: Record<string, string>, more: Record<string, string> = {}): string =>
  `${path}?${new URLSearchParams({ ...narrowing(filters), ...more, lang: lang.value }).toString()}`
