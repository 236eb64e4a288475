// What needs hands, gathered across messages and put together by township.
import type { Schemas } from '@/shared/api/client.ts'
import { rank } from '@/shared/severity.ts'
import type { Summary } from '../../onair.ts'
import { problems } from '../delivery/messages/words.ts'

export type Troubled = Schemas['DeliveryTroubled']
export type Handoff = Schemas['AlertHandoff']
export type Entry = Schemas['AssetEntry']

export { problems }
type Problem = (typeof problems)[number]

/** The terminals of one message in one township that need hands. */
export interface Need {
  key: string
  township: string // 12 digits
  message: Summary
  items: Troubled[]
  counts: Record<Problem, number>
  /** How many of them somebody is looking after already. */
  handed: number
}

/** The digits of a region's code that those of every region below it begin with. */
export function prefixOf(code: string): string {
  const levels = [2, 4, 6, 9, 12] // province, city, district, township, village
  return code.slice(0, levels.find((digits) => /^0*$/.test(code.slice(digits))))
}

function grouped<T>(list: T[], keyOf: (x: T) => string): Map<string, T[]> {
  const out = new Map<string, T[]>()
  for (const x of list) {
    const group = out.get(keyOf(x))
    if (group) group.push(x)
    else out.set(keyOf(x), [x])
  }
  return out
}

/** Needs by township and message: what nobody looks after first, then the gravest, then the most. */
export function needsOf(messages: Summary[], troubled: (Troubled[] | undefined)[], handoffs: Handoff[], region?: string): Need[] {
  const open = new Map<string, Set<string>>()
  for (const h of handoffs) if (h.state === 'open') open.set(h.messageId, new Set([...(open.get(h.messageId) ?? []), ...(h.devices ?? [])]))
  const prefix = region ? prefixOf(region) : ''
  const needs = messages.flatMap((message, i): Need[] => {
    const by = grouped((troubled[i] ?? []).filter((x) => x.township.startsWith(prefix)), (x) => x.township)
    return [...by].map(([township, items]) => ({
      key: `${message.id}-${township}`, township, message, items,
      counts: Object.fromEntries(problems.map((p) => [p, items.filter((x) => x.problem === p).length])) as Record<Problem, number>,
      handed: items.filter((x) => open.get(message.id)?.has(x.device)).length,
    }))
  })
  const left = (n: Need) => n.items.length - n.handed
  return needs.sort((a, b) => Number(left(a) === 0) - Number(left(b) === 0) || Number(a.message.drill) - Number(b.message.drill)
    || rank(a.message.severity) - rank(b.message.severity) || left(b) - left(a) || a.township.localeCompare(b.township))
}

/** The devices of one township that are offline, that never connected, or that are broken. */
export interface Sick {
  township: string
  offline: Entry[]
  never: Entry[]
  faulty: Entry[]
  /** When the one that is silent longest was last heard. */
  oldest?: string
}

/** The 12 digits of the township in a path such as cn.11.110101.110101001.110101001001. */
export function townshipOf(path: string): string {
  const codes = path.split('.').filter((c) => /^\d+$/.test(c))
  return (codes.find((c) => c.length === 9) ?? codes.at(-1) ?? '').padEnd(12, '0')
}

/** Offline, never connected and faulty devices by township, those with the most first. */
export function sickOf(devices: Entry[]): Sick[] {
  const groups = [...grouped(devices, (d) => townshipOf(d.regionPath))].map(([township, list]): Sick => {
    const offline = list.filter((d) => d.condition.presence === 'offline')
    const seen = offline.flatMap((d) => (d.condition.lastSeen ? [d.condition.lastSeen] : [])).sort((a, b) => Date.parse(a) - Date.parse(b))
    return { township, offline, never: list.filter((d) => d.condition.presence === 'never'), faulty: list.filter((d) => d.condition.faults?.length), oldest: seen[0] }
  })
  return groups.sort((a, b) => b.offline.length - a.offline.length || b.never.length - a.never.length || b.faulty.length - a.faulty.length || a.township.localeCompare(b.township))
}
