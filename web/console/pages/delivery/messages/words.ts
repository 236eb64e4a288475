// The words for where a message and its terminals stand.
import { has, t } from '@/shared/i18n.ts'
import type { Mark } from '../../../map/marks.ts'

export const states = ['draft', 'checked', 'issued', 'in_progress', 'ended', 'discarded'] as const

/** The state of a message in a word, with why it ended. */
export const stateWord = (m: { state: string; endReason?: string }): string =>
  m.state === 'ended' && m.endReason ? t(`ended.${m.endReason}`) : t(`state.${m.state}`)

/** Kinds of message that stop before the terminals: these stay silent by intent. */
export const isSilent = (kind: string): boolean => kind === 'head_end_drill' || kind === 'platform_drill'

/** The moment at which a message begins, where that is still to come. */
export const startsLater = (startsAt: string | undefined, now: number): string | undefined =>
  startsAt && Date.parse(startsAt) > now ? startsAt : undefined

/** What a countersignature brings about: the sentence's key; how many more must sign, and when and whether it sounds. */
export const countersignKey = (left: number, later: boolean, silent: boolean): string =>
  `countersign.${left > 1 ? 'more' : 'last'}${silent ? '_silent' : later ? '_later' : ''}`

/** What is said once the last has signed. */
export const issuedKey = (later: boolean, silent: boolean): string => `act.done.issued${later ? '_later' : silent ? '_silent' : ''}`

/** How a terminal looks on the map: by what it claims, whether it is connected, what is
    wrong with it by the clock, and whether a microphone heard it. */
export function markOf(state: string, presence: string, problem: string | undefined, heard: boolean): Mark {
  switch (state) {
    case 'sent': return problem === 'late' ? 'late' : problem === 'silent' || presence !== 'online' ? 'silent' : 'waiting'
    case 'received': case 'queued': case 'interrupted': return problem === 'late' ? 'late' : 'received'
    case 'cancelled': return 'stopped'
    case 'playing': return 'playing'
    case 'played': return heard && problem !== 'unheard' ? 'heard' : 'played'
    case 'failed': case 'refused': return 'failed'
  }
  return 'waiting'
}

/** The states that a terminal claims, in the order of their life. */
export const claims = ['sent', 'received', 'queued', 'playing', 'interrupted', 'played', 'failed', 'refused', 'cancelled'] as const

/** Why a terminal needs looking after. */
export const problems = ['late', 'silent', 'failed', 'unheard'] as const

/** Why a terminal did not play, in words; a reason nobody foresaw is shown as it is. */
export const reasonWord = (reason: string): string => (has(`reason.${reason}`) ? t(`reason.${reason}`) : reason)
