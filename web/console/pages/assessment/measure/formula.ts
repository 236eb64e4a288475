// Formulas as text: the names in them, what is being typed, and where the server found a fault.
import type { Problem } from '@/shared/api/problem.ts'

/** What formulas know beside codes: functions, and the two results that the last line reckons with. */
export const functions = ['known', 'coalesce', 'min', 'max', 'abs', 'round', 'floor', 'ceil', 'sqrt', 'pow', 'ln', 'exp'] as const
const words = new Set<string>([...functions, 'numerator', 'denominator', 'true', 'false', 'null', 'in'])

/** The codes that a formula refers to, each once, in order. What stands in quotation marks is text. */
export const codesIn = (text: string): string[] =>
  [...new Set([...text.replace(/"[^"]*"?|'[^']*'?/g, ' ').matchAll(/[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*/g)].map((m) => m[0]).filter((w) => !words.has(w)))]

/** What is being typed before the caret: part of a code, a name or pinyin. */
export function typing(text: string, caret: number): { from: number; word: string } {
  const word = /[\p{L}_][\p{L}\p{N}_.]*$/u.exec(text.slice(0, caret))?.[0] ?? ''
  return { from: caret - word.length, word }
}

/** The text with what is being typed replaced, and where the caret then stands. */
export function completed(text: string, caret: number, code: string): { text: string; caret: number } {
  const { from } = typing(text, caret)
  const rest = text.slice(caret).replace(/^[\p{L}\p{N}_.]+/u, '') // the end of the word that was typed over
  return { text: text.slice(0, from) + code + rest, caret: from + code.length }
}

export interface FormulaFault { line: number; column: number; message: string }

/** What the server says is wrong with a formula, with its place where it tells one. */
export const faultsOf = (problem: Problem | undefined, place: string): FormulaFault[] =>
  (problem?.places ?? []).flatMap(({ location, message }) => {
    if (location !== place && !location.startsWith(`${place}:`)) return []
    const [line, column] = location.slice(place.length + 1).split(':').map(Number)
    return [{ line: line || 0, column: column || 0, message }]
  })

/** The line of a fault, cut where it is: what stands before, there, and after. */
export function cutAt(text: string, { line, column }: FormulaFault): [before: string, at: string, after: string] | undefined {
  const found = text.split('\n')[line - 1]
  if (found === undefined || !column) return undefined
  const start = Math.min(column - 1, found.length)
  const length = /^[\p{L}\p{N}_.]+/u.exec(found.slice(start))?.[0].length ?? 1
  return [found.slice(0, start), found.slice(start, start + length), found.slice(start + length)]
}

/** Where in the text a fault is, so that the caret can be put there. */
export const offsetOf = (text: string, { line, column }: FormulaFault): number =>
  text.split('\n').slice(0, line - 1).reduce((n, l) => n + l.length + 1, 0) + Math.max(0, column - 1)
