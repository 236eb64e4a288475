// The two tables of rules as the server reads them, so that a person can try a case against
// a table before it is saved. The server alone decides what is sent.
import type { Schemas } from '@/shared/api/client.ts'
import { levels } from './words.ts'

export type Sending = Schemas['RuleSending']
export type Criterion = Schemas['RuleCriterion']
export type Escalation = Schemas['RuleEscalation']
export type Conduct = Schemas['RuleConduct']

/** What holds for drills; where nothing is said, what the platform does then. */
export const drilling = (c: Conduct): NonNullable<Conduct['drills']> => c.drills ?? { due: [], remind: 24, alone: false }
type Level = (typeof levels)[number]

/** Where a message comes into the house. */
export const origins = ['desk', 'upper', 'lower', 'cap', 'timetable', 'phone'] as const

/** What somebody would send. */
export interface Case {
  origin: (typeof origins)[number]
  source?: string // id of the named source
  class: 'emergency' | 'everyday'
  drill: boolean
  event: string
  severity: 'red' | 'orange' | 'yellow' | 'blue' | 'unknown'
  authority: Level
  area: Level
}

/** A condition of a sending rule, in the order in which rules say them. */
const conditions = ['origin', 'sources', 'class', 'drill', 'severities', 'events', 'authority', 'area'] as const
type Condition = (typeof conditions)[number]

const below = (level: string): number => {
  const at = levels.indexOf(level as Level)
  return at < 0 ? levels.length : at
}

function fits(rule: Sending, condition: Condition, c: Case): boolean {
  switch (condition) {
    case 'origin': return !rule.origin || rule.origin === c.origin
    case 'sources': return !rule.sources?.length || (!!c.source && rule.sources.includes(c.source))
    case 'class': return !rule.class || rule.class === c.class
    case 'drill': return rule.drill === undefined || rule.drill === c.drill
    case 'severities': return !rule.severities?.length || rule.severities.includes(c.severity)
    case 'events': return !rule.events?.length || rule.events.some((beginning) => c.event.startsWith(beginning))
    case 'authority': return !rule.authority || below(c.authority) <= below(rule.authority)
    case 'area': return !rule.area || below(rule.area) <= below(c.area)
  }
}

/** The conditions of a rule that a case does not meet; none when the rule fits. */
export const unmet = (rule: Sending, c: Case): Condition[] => conditions.filter((x) => !fits(rule, x, c))

/** Which row decides a case: the first that fits; -1 when none does, and it is refused. */
export const deciding = (table: Sending[], c: Case): number => table.findIndex((rule) => unmet(rule, c).length === 0)

/** What the order of messages looks at: a value by criterion. */
export type Standing = Record<string, string>

/** Which of two messages goes before, 1 for the first and -1 for the second, and the
    criterion that tells them apart; 0 when nothing does. */
export function compare(table: Criterion[], a: Standing, b: Standing): { goes: 1 | 0 | -1; by?: string } {
  for (const c of table) {
    const place = (s: Standing) => {
      const at = (c.order ?? []).indexOf(s[c.by] ?? '')
      return at < 0 ? Infinity : at
    }
    const [x, y] = [place(a), place(b)]
    if (x !== y) return { goes: x < y ? 1 : -1, by: c.by }
  }
  return { goes: 0 }
}

/** A message on the air, and how a township's terminals do with it. */
export interface Shortfall {
  class: Case['class']
  drill: boolean
  severity: Case['severity']
  targets: number
  reached: number
}

/** Whether a row of the escalations is about a message at all. */
export const escalates = (row: Escalation, c: Omit<Shortfall, 'targets' | 'reached'>): boolean =>
  (!row.class || row.class === c.class) && (!c.drill || !!row.drills) && (!row.severities?.length || row.severities.includes(c.severity))

/** Whether so few of a township's terminals are too few for a row. */
export const tooFew = (row: Escalation, c: Pick<Shortfall, 'targets' | 'reached'>): boolean => c.reached * 100 < row.share * c.targets

const minutes = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))

/** Whether a message that begins at a time of day waits for the end of the quiet hours, and whether
    that is the next day; drills wait like what they practise. */
export function waits(quiet: Conduct['quiet'], c: { class: Case['class']; severity: Case['severity']; at: string }): 'no' | 'today' | 'tomorrow' {
  const minor = c.class === 'everyday' ? quiet.everyday : (quiet.severities ?? []).includes(c.severity)
  const [from, to, now] = [minutes(quiet.from), minutes(quiet.until), minutes(c.at)]
  const over = from > to // midnight
  if (!minor || from === to || (over ? now < from && now >= to : now < from || now >= to)) return 'no'
  return over && now >= from ? 'tomorrow' : 'today'
}

/** A list with one entry taken from a place and put at another. */
export function moved<T>(list: T[], from: number, to: number): T[] {
  const next = [...list]
  const [row] = next.splice(from, 1)
  if (row !== undefined) next.splice(Math.max(0, Math.min(next.length, to)), 0, row)
  return next
}

/** Whether two values hold the same. */
export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** A copy that may be edited. */
export const copyOf = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T
