// What the queue's lines say.
import type { Item } from '../../../calls.ts'
import { failureNote } from '../../../failure.ts'

/** An item's note; of an output that fails, in the reader's words. */
export const noteOf = (i: Pick<Item, 'kind' | 'note'>): string => (i.kind === 'output' ? failureNote(i.note ?? '') : i.note ?? '')
