// The words for where a message and its terminals stand.
import { t } from '@/shared/i18n.ts'
import type { Mark } from '../../../map/marks.ts'

export const states = ['draft', 'checked', 'issued', 'in_progress', 'ended', 'discarded'] as const

/** The state of a message in a word, with why it ended. */
export const stateWord = (m: { state: string; endReason?: string }): string =>
  m.state === 'ended' && m.endReason ? t(`ended.${m.endReason}`) : t(`state.${m.state}`)

/** How a terminal's claimed state looks on the map, given whether it is connected. */
export function markOfState(state: string, presence: string): Mark {
  switch (state) {
    case 'sent': return presence === 'online' ? 'waiting' : 'silent'
    case 'received': case 'queued': case 'interrupted': case 'cancelled': return 'received'
    case 'playing': return 'playing'
    case 'played': return 'played'
    case 'failed': case 'refused': return 'failed'
  }
  return 'waiting'
}
