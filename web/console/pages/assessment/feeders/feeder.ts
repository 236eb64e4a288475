// Other systems that state facts, and how they are told to.
import type { ItemOf } from '@/shared/api/client.ts'
import { childrenOf, type Region } from '../../../regions.ts'
import type { Element } from '../measure/book.ts'
import { periodNow, textOf } from '../measure/period.ts'

export type Feeder = ItemOf<'/api/measure/feeders'>

/** Whether it may still state facts, and has: one that never did is waiting for its first. */
export const standing = (f: Feeder): 'ended' | 'waiting' | 'heard' => (f.revokedAt ? 'ended' : f.lastAt ? 'heard' : 'waiting')

/** A number that an element takes. */
const likely = (e: Pick<Element, 'min' | 'max'>): number => Math.min(e.max ?? 12, Math.max(e.min ?? 12, 12))

/** The first region at or below one of the level that an element is stated for; the region itself where
    there is none. */
export async function regionFor(region: Region, level: string, below: (code: string) => Promise<Region[]> = childrenOf): Promise<string> {
  let at: Region | undefined = region
  while (at && level && at.level !== level) at = (await below(at.code))[0]
  return (at ?? region).code
}

/** A command that states one fact now. Nothing in it is quoted by the shell twice: codes, periods and
    secrets have no quotes. */
export function example(origin: string, secret: string, e: Pick<Element, 'code' | 'period' | 'min' | 'max'>, unit: string): string {
  const facts = JSON.stringify({ facts: [{ element: e.code, unit, period: textOf(periodNow(e.period)), value: likely(e) }] })
  return [`curl ${origin}/api/measure/feed \\`, `  -H 'Authorization: Bearer ${secret}' \\`, `  -H 'Content-Type: application/json' \\`, `  -d '${facts}'`].join('\n')
}
