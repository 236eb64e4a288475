// Where two wordings of a text differ.

export interface Piece { text: string; kind: 'same' | 'gone' | 'new' }

/** Latin words and single Chinese characters: the least that is called changed. */
const split = (text: string): string[] => text.match(/[a-zA-Z0-9_.]+|\s+|[^]/gu) ?? []

const limit = 600 // words on either side; beyond it the whole is called changed

/** What became of a text, piece by piece (the longest common part stays). */
export function diff(before: string, now: string): Piece[] {
  const [a, b] = [split(before), split(now)]
  if (a.length > limit || b.length > limit) return before === now ? [{ text: now, kind: 'same' }] : [{ text: before, kind: 'gone' }, { text: now, kind: 'new' }]
  const longest = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) longest[i]![j] = a[i] === b[j] ? longest[i + 1]![j + 1]! + 1 : Math.max(longest[i + 1]![j]!, longest[i]![j + 1]!)
  }
  const out: Piece[] = []
  const add = (text: string, kind: Piece['kind']): void => {
    const last = out.at(-1)
    if (last?.kind === kind) last.text += text
    else out.push({ text, kind })
  }
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) { add(a[i]!, 'same'); i++; j++ }
    else if (i < a.length && (j === b.length || longest[i + 1]![j]! >= longest[i]![j + 1]!)) add(a[i++]!, 'gone')
    else add(b[j++]!, 'new')
  }
  return out
}
