// Whether a message was sent back by those who were to countersign it, and to whom.
import type { Schemas } from '@/shared/api/client.ts'
import type { Summary } from '../../../onair.ts'

type Message = Pick<Schemas['AlertMessageView'], 'createdBy' | 'open'>
export type Rejection = Schemas['MessageRejection']

/** Who sent the version back that is worked on, and why; nothing once it is submitted again. */
export const sentBack = (m: Message | undefined): Rejection | undefined => (m?.open?.state === 'draft' ? m.open.rejection : undefined)

/** Whether it came back to this person: who wrote the message, or had a hand in the version. */
export const sentBackTo = (m: Message, person: string): boolean =>
  !!sentBack(m) && [m.createdBy, m.open?.checkedBy, ...(m.open?.editors ?? [])].some((p) => p?.id === person)

/** Whether a listed message may have come back: only what is being written can have. */
export const mayBeBack = (m: Pick<Summary, 'state' | 'update'>): boolean => m.state === 'draft' || m.update === 'draft'
