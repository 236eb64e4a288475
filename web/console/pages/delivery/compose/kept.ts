// What is typed is kept on this machine until the server has it, so that a reload, a crash
// of the browser or an hour without the server loses nothing. One place per person and
// message or timetable; a new message has one per template it was begun from.
import type { Form } from './draft.ts'

export interface Kept<T = Form> {
  form: T
  revision: number // of the message that was changed; 0 for a new one
  at: number // milliseconds
}

const longest = 7 * 24 * 3_600_000
const name = (who: string, what: string) => `tongsheng.draft.${who}.${what}`

/** What was kept and is not older than a week. */
export function readKept<T = Form>(who: string, what: string, now = Date.now()): Kept<T> | undefined {
  try {
    const kept = JSON.parse(localStorage.getItem(name(who, what)) ?? 'null') as Kept<T> | null
    return kept?.form && now - kept.at < longest ? kept : undefined
  } catch {
    return undefined
  }
}

/** Keeps a form; a full store is no reason to stop typing. */
export function keep<T>(who: string, what: string, kept: Kept<T>): boolean {
  try {
    localStorage.setItem(name(who, what), JSON.stringify(kept))
    return true
  } catch {
    return false
  }
}

export const forget = (who: string, what: string): void => localStorage.removeItem(name(who, what))
