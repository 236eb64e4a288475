// What stands on the screen: which messages take all of it, by turns, and which are a line on
// the page below (a strip, or an item of the list).
import type { Desk, Entry } from './desk.ts'

/** Severities of GD/J 081 by word; 0 is unknown. */
export const severityWords = ['unknown', 'red', 'orange', 'yellow', 'blue'] as const
export type SeverityWord = (typeof severityWords)[number]

export const severityOf = (e: Entry): SeverityWord => severityWords[e.order.sev ?? 0]!

/** Whether a severity is at least as grave as another. */
export const asGrave = (a: SeverityWord, b: SeverityWord): boolean => {
  const grade = (w: SeverityWord) => (severityWords.indexOf(w) + 4) % 5 // red first, unknown last
  return grade(a) <= grade(b)
}

/** How long a message that does not hold the screen takes all of it at least, µs. */
export const leastShown = 60_000_000

export interface Stage { full: Entry[]; listed: Entry[] }

/** Divides the messages whose time has come. An emergency that is as grave as hold keeps the
    whole screen to its end; anything else has it while it sounds, and a minute at least for an
    emergency. Within full the gravest come first, and the one that sounds before all. */
export function stage(desk: Desk, now: number, hold: SeverityWord): Stage {
  const live = desk.state.entries.filter((e) => e.order.kind === 'play' && e.order.from_at <= now && now < e.order.until)
  const holds = (e: Entry): boolean => e.order.class === 'emergency' &&
    (asGrave(severityOf(e), hold) || e.shown === undefined || now < e.shown + leastShown)
  const sounding = live.find((e) => e === desk.now)
  const full = live.filter((e) => e !== sounding && holds(e)).sort((a, b) => (b.order.rank ?? 0) - (a.order.rank ?? 0) || b.order.at - a.order.at)
  if (sounding) full.unshift(sounding)
  return { full, listed: live.filter((e) => !full.includes(e)).sort((a, b) => (b.order.rank ?? 0) - (a.order.rank ?? 0) || b.order.at - a.order.at) }
}
