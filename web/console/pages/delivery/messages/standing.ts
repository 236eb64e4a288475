// Where every terminal of a message stands, and how news of it is taken in.
import type { Schemas } from '@/shared/api/client.ts'

export type Figures = Schemas['DeliveryFigures']

export interface Standing {
  figures?: Figures
  states: Map<string, string> // resource code → state
}

/** Merges what the server tells into what is known; the newest wins. */
export function merge(old: Standing, news: { figures: Figures; changed: Record<string, string[] | null> }): Standing {
  const states = new Map(old.states)
  for (const [state, codes] of Object.entries(news.changed)) for (const code of codes ?? []) states.set(code, state)
  return { states, figures: figuresAfter(old.figures, news.figures) }
}

/** Figures after a telling, which counts neither late nor offline terminals: those stay until
    the next read. */
export const figuresAfter = (old: Figures | undefined, told: Figures): Figures => ({ ...told, late: old?.late ?? 0, offline: old?.offline ?? 0 })
