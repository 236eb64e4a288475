// Where a case stands on this telephone: where the platform last said that it stands, and what was
// done since and is not there yet. What only the platform works out is left open: after such a step
// a case may stand in one of several states.
import type { Schemas } from '@/shared/api/client.ts'

export type Type = Schemas['ProcedureType']
export type Step = Schemas['ProcedureStep']
export type View = Schemas['DocketView']

export interface Doable { id: string; name: Schemas['ProcedureWords']; form?: string; warn?: Schemas['ProcedureWords']; offline: boolean }

const stepOf = (type: Type, id: string): Step | undefined => type.steps?.find((s) => s.id === id)
const starts = (s: Step, state: string): boolean => !!s.from?.includes(state)

/** The states in which a case may come to rest that came to one. */
function rests(type: Type, state: string, turns = 20): string[] {
  const found = new Set<string>()
  for (const s of type.steps ?? []) {
    if (!s.on?.entry || !starts(s, state) || turns === 0) continue
    rests(type, s.to || state, turns - 1).forEach((at) => found.add(at))
    if (!s.if) return [...found]
  }
  return [...found.add(state)]
}

/** The states in which a case may stand after these steps. */
export function standing(type: Type, state: string, done: string[]): string[] {
  return done.reduce((at, id) => {
    const to = stepOf(type, id)?.to
    return to ? rests(type, to) : at
  }, [state])
}

/** What of a case may be done now: as the platform said, or where steps wait to be sent, what may
    follow them without a network. */
export function doable(type: Type, view: Pick<View, 'state' | 'roles' | 'steps'>, done: string[]): Doable[] {
  if (!done.length) return (view.steps ?? []).map((s) => ({ ...s, offline: !!s.offline }))
  const at = standing(type, view.state, done)
  return (type.steps ?? [])
    .filter((s) => s.offline && !s.on && at.some((state) => starts(s, state)) && s.by?.some((role) => view.roles?.includes(role)))
    .map(({ id, name, form, warn }) => ({ id, name, form, warn, offline: true }))
}

/** Names of the states, in the order of the type. */
export const stateNames = (type: Type, states: string[]) => (type.states ?? []).filter((s) => states.includes(s.id)).map((s) => s.name)
