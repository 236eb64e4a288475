// How results are said.
import { dayOf, duration } from '@/shared/format.ts'
import { t } from '@/shared/i18n.ts'
import { titleOf } from '../../onair.ts'
import type { Result } from './results.ts'

/** A message by title and day, a drill always as one. */
export const nameOf = (r: Result): string =>
  `${r.message.drill ? `${t('drill.word')} ` : ''}${titleOf(r.message)} ${dayOf(r.message.issuedAt ?? r.message.createdAt, true)}`

/** A time to receipt: unknown yet, no data, never reached, or how long. */
export function timeWord(r: Result, which: 'half' | 'most'): string {
  if (!r.curve) return '…'
  if (!r.curve.targets) return t('assess.no_data')
  return r[which] === undefined ? t('assess.never') : duration(r[which])
}
