// What a form may be made of.
import type { Schemas } from '@/shared/api/client.ts'

type Form = Schemas['ReturnsForm']

/** Levels of regions that may answer, from the highest. */
export const levels = ['city', 'prefecture', 'district', 'township', 'village'] as const
export const periods = ['day', 'month', 'quarter', 'half', 'year', 'plan'] as const

/** The levels that may approve what a level answers, from the lowest; its own is one of them. */
export const above = (level: string): string[] => levels.slice(0, levels.indexOf(level as (typeof levels)[number]) + 1).filter((l) => l !== 'prefecture').reverse()

/** Whether a form may ask for an element. */
export const fits = (e: Schemas['FactElement'], f: Pick<Form, 'period' | 'level'>): boolean => !e.builtIn && e.period === f.period && (!e.level || e.level === f.level)

/** A form that nobody wrote yet. */
export const blankForm = (): Form => ({
  code: '', nameZh: '', nameEn: '', noteZh: '', noteEn: '', level: 'township', period: 'month', due: 5, items: [], steps: ['district', 'city'],
  from: `${new Date().getFullYear()}-01`, until: '', owner: '', sample: false, revision: 0,
})

/** The code that is being written where the caret stands, and what it could become. */
export function completion(text: string, caret: number, codes: string[]): { from: number; found: string[] } {
  const word = /[A-Za-z_][\w.]*$/.exec(text.slice(0, caret))?.[0] ?? ''
  if (word.length < 1) return { from: caret, found: [] }
  const lower = word.toLowerCase()
  const starts = codes.filter((c) => c.startsWith(lower))
  const holds = codes.filter((c) => !c.startsWith(lower) && c.includes(lower))
  const found = [...starts, ...holds].filter((c) => c !== word)
  return { from: caret - word.length, found: found.slice(0, 8) }
}
