// The filters of the list of messages, between the address and the API. The address also
// says which part of a message is open, and how its terminals are filtered; those stay out.
import type { operations } from '@/shared/api/schema.d.ts'
import { dayAfter, momentOf } from '@/shared/clock.ts'
import { severities } from '@/shared/severity.ts'
import { kinds } from '../compose/draft.ts'
import { states } from './words.ts'

type ListQuery = NonNullable<operations['alert-list']['parameters']['query']>

/** The keys of the address that filter the list. */
const filterKeys = ['q', 'state', 'severity', 'kind', 'class', 'region', 'event', 'from', 'to'] as const

/** Only what filters the list. */
export const narrowing = (query: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(query).filter(([key]) => (filterKeys as readonly string[]).includes(key)))

const known = <T extends string>(words: readonly T[], value: string | undefined): T | undefined => words.find((w) => w === value)

/** The first moment of a day in the city, so many days on; undefined for what is no day. */
function dawn(day: string | undefined, later = 0): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day ?? '') || Number.isNaN(Date.parse(day!))) return undefined
  return momentOf(`${dayAfter(day!, later)}T00:00`).toISOString()
}

/** The days of an address as moments of the city: from the first of one to the last of the other. */
export const dayRange = (f: Record<string, string>): { from?: string; to?: string } => ({ from: dawn(f.from), to: dawn(f.to, 1) })

/** The filters of an address as the API's query; a mistyped word chooses nothing. */
export function listQuery(f: Record<string, string>): ListQuery {
  const state = known(states, f.state)
  return {
    q: f.q, region: f.region, event: f.event, state: state && [state], severity: known(severities, f.severity), kind: known(kinds, f.kind),
    class: known(['emergency', 'everyday'] as const, f.class), ...dayRange(f),
  }
}
