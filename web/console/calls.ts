// What calls for somebody at the duty desk, and how the window says so.
import type { Schemas } from '@/shared/api/client.ts'

export type Item = Schemas['DutyItem']

/** What one key takes: the topmost of what sounds. */
export const topmost = (items: Item[] | null | undefined): Item | undefined => items?.find((i) => i.sounds)

/** The window's title while something sounds: it changes every second, so that it is noticed in a row of tabs. */
export const flashed = (title: string, word: string, count: number, second: number): string =>
  count > 0 && second % 2 === 0 ? `(${count}) ${word}` : count > 0 ? `(${count}) ${title}` : title
