// A roster as a form holds it.

/** Times of day as people type them, "8:00, 20：00", as the server takes them. */
export const timesOf = (text: string): string[] => text.split(/[，,、\s]+/).filter(Boolean).map((x) => x.replace('：', ':').replace(/^(\d):/, '0$1:'))

/** What of a roster has not begun: how many turns, and whose. */
export function coming(turns: { from: string; name: string }[], now: Date): { count: number; people: string[] } {
  const ahead = turns.filter((x) => new Date(x.from) > now)
  return { count: ahead.length, people: [...new Set(ahead.map((x) => x.name))] }
}
