// Sending again: what it is that is sent now, and what came of it, in words.
import type { Schemas } from '@/shared/api/client.ts'
import { t } from '@/shared/i18n.ts'
import { sentence } from '@/shared/sentence.ts'

/** What may be sent again: the message, or once it was cancelled its cancellation. */
export type Again = 'retry' | 'recancel'
export const againOf = (message: { may: string[] | null }): Again | undefined => (['retry', 'recancel'] as const).find((act) => message.may?.includes(act))

/** Terminals of a township that need it sent again: of a cancellation, those that have not confirmed it. */
export const owing = (x: Schemas['DeliveryTownship'], again: Again): number => (again === 'retry' ? x.troubled : x.figures.cancelSent - x.figures.cancelDone)

/** Says what was sent to whom; whatever concerns nobody is left out. */
export function sentWord(sent: Omit<Schemas['DeliveryRetried'], '$schema'>, again: Again): string {
  if (!sent.sent) return t(`again.${again}.none`)
  if (again === 'recancel') return t('again.recancel.sent', { count: sent.sent })
  return sentence(t('again.retry.sent', { count: sent.sent }), sent.again && t('again.now', { count: sent.again }), sent.absent && t('again.absent', { count: sent.absent }),
    sent.holding && t('again.holding', { count: sent.holding }), sent.cancels && t('again.cancels', { count: sent.cancels }))
}
