// What the pages of organisations and people share: their words, the lists that are data, one party.
import { useQuery, useQueryClient, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, type ComputedRef, type Ref } from 'vue'
import type { RouteLocationRaw } from 'vue-router'
import { answer, api, type Schemas } from '@/shared/api/client.ts'
import { wallTime } from '@/shared/clock.ts'
import { lang, nameOf, t } from '@/shared/i18n.ts'

export type View = Schemas['PartyView']
export type Item = Schemas['PartyItem']
export type Licence = Schemas['PartyLicence']
export type Entry = Schemas['PartyEntry']
export type Brief = Schemas['PartyBrief']
export type Personal = Schemas['PartyPersonal']
export type Term = Schemas['PartyTerm']
export type Kind = View['kind']
export type Role = View['roles'][number]
export type Class = Entry['class']

export const organisationRoles = ['department', 'street_office', 'broadcaster', 'producer', 'platform', 'network_operator', 'maintenance', 'outlet_operator', 'hotel', 'applicant'] as const
export const personRoles = ['expert', 'technician', 'inspector', 'interpreter', 'applicant'] as const
export const allRoles: readonly Role[] = [...organisationRoles, 'expert', 'technician', 'inspector', 'interpreter']
export const standings = ['valid', 'expired', 'suspended', 'revoked', 'cancelled', 'future'] as const
export const conflictKinds = ['employment', 'share', 'kinship', 'other'] as const

/** What a party is called in the reader's language. */
export const partyName = (p: { nameZh: string; nameEn?: string } | undefined): string => (p ? nameOf({ nameZh: p.nameZh, nameEn: p.nameEn ?? '' }) : '')

export const roleWord = (role: string): string => t(`party.role.${role}`)
export const rolesWord = (roles: readonly string[]): string => roles.map(roleWord).join(lang.value === 'zh' ? '、' : ', ')

export const today = (): string => wallTime(new Date()).slice(0, 10)

/** Whether a stretch of days holds a day; an empty end is open. */
export const runs = (e: { from: string; until?: string }, day: string): boolean => e.from <= day && (!e.until || day <= e.until)

/** Days from one day to another. */
export const daysBetween = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000)

/** How much care a licence needs: what is told by words is also told by a class. */
export function careOf(l: { stands: string; daysLeft?: number }): 'over' | 'soon' | 'held' | 'gone' | 'later' | 'well' {
  if (l.stands === 'expired') return 'over'
  if (l.stands === 'suspended') return 'held'
  if (l.stands === 'revoked' || l.stands === 'cancelled') return 'gone'
  if (l.stands === 'future') return 'later'
  return l.stands === 'valid' && l.daysLeft !== undefined && l.daysLeft <= 90 ? 'soon' : 'well'
}

/** How a licence stands, in words: with the days that are left where that matters. */
export function standsWord(l: { stands: string; daysLeft?: number }): string {
  if (careOf(l) === 'soon') return l.daysLeft === 0 ? t('party.ends_today') : t('party.ends_in', { days: l.daysLeft! })
  return t(`party.stands.${l.stands}`)
}

const forever = { staleTime: 60_000 }

/** The lists that are data, by their code. */
export function useTerms(): { of: (list: string) => { value: string; label: string }[]; word: (list: string, code: string) => string; all: ComputedRef<Term[]> } {
  const query = useQuery({ queryKey: ['party-terms'], ...forever, queryFn: async () => (await answer(api.GET('/api/party-terms'))).items ?? [] })
  const all = computed(() => query.data.value ?? [])
  const word = (list: string, code: string): string => {
    const found = all.value.find((x) => x.code === `${list}.${code}`)
    return found ? nameOf(found) : code
  }
  return { all, word, of: (list) => all.value.filter((x) => x.code.startsWith(`${list}.`) && !x.retired).map((x) => ({ value: x.code.slice(list.length + 1), label: nameOf(x) })) }
}

/** One party with all that stands beside it. */
export const useParty = (id: Ref<string | undefined>): UseQueryReturnType<View, Error> =>
  useQuery({ queryKey: ['party', id], enabled: () => !!id.value, queryFn: () => answer(api.GET('/api/parties/{id}', { params: { path: { id: id.value! } } })) })

/** Makes lists, parties and pairs be read anew. */
export function useRefresh(): () => Promise<void> {
  const client = useQueryClient()
  return async () => void (await Promise.all([['party'], ['list', 'parties'], ['list', 'party-licences'], ['party-duplicates'], ['party-pool']].map((queryKey) => client.invalidateQueries({ queryKey }))))
}

/** Organisations or people whose name holds the words. */
export async function findParties(words: string, kind?: Kind, signal?: AbortSignal): Promise<{ value: string; label: string; note: string }[]> {
  const { items } = await answer(api.GET('/api/parties', { signal, params: { query: { q: words || undefined, kind: kind ?? '', limit: 12 } } }))
  return (items ?? []).map((p) => ({ value: p.id, label: partyName(p), note: [rolesWord(p.roles), p.region].filter(Boolean).join(' · ') }))
}

export const toParty = (id: string, part?: string): RouteLocationRaw => ({ name: 'parties', params: { id }, query: part ? { part } : {} })

/** The entity tag of a revision. */
export const tagOf = (revision: number): string => `"${revision}"`

/** The headers and path that name a party as it was read. */
export const asRead = (p: { id: string; revision: number }): { path: { id: string }; header: { 'If-Match': string } } => ({ path: { id: p.id }, header: { 'If-Match': tagOf(p.revision) } })
