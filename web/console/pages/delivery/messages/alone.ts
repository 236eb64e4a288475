// What is said of a message that went out alone: with nobody's countersignature, or too few.
import type { Schemas } from '@/shared/api/client.ts'
import { duration } from '@/shared/format.ts'
import { nameOf, t } from '@/shared/i18n.ts'

export type Alone = Schemas['AlertAloneView']

/** Which rule let it go. */
export function whyAlone(alone: Alone): string {
  if (!alone.nameZh) return t('alone.elsewhere')
  const rule = nameOf({ nameZh: alone.nameZh, nameEn: alone.nameEn ?? '' })
  return alone.need ? t('alone.after', { rule, need: alone.need, wait: duration(alone.waits), have: alone.have }) : t('alone.at_once', { rule })
}

/** In a list, in few words; nothing of what was approved beforehand. */
export const aloneTag = (alone?: Alone): string => (alone && alone.review !== 'approved' ? t(`alone.tag.${alone.review}`) : '')
