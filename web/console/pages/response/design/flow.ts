// A case type as a picture: states and ways in as nodes, steps as arrows, laid out in layers.
import type { Schemas } from '@/shared/api/client.ts'
import type { CaseType } from '@/shared/case/field.ts'
import { lang, nameOf, t } from '@/shared/i18n.ts'

export interface Node {
  id: string
  kind: 'start' | 'state' | 'end'
  lines: { text: string; kind: 'name' | 'clock' | 'stay' }[]
  x: number
  y: number
  w: number
  h: number
}

export interface Arrow {
  key: string
  step: string // or the way in
  from: string
  to: string
  name: string
  who: string
  auto: boolean
  points: { x: number; y: number }[]
  x: number
  y: number
  w: number
}

export interface Picture {
  nodes: Node[]
  arrows: Arrow[]
  w: number
  h: number
}

type Step = Schemas['ProcedureStep']
const line = 18
const lineOf = (text: string): number => [...text].reduce((n, c) => n + (c.charCodeAt(0) > 0x2e7f ? 13 : 7.2), 0)

const roleWord = (type: CaseType, id: string): string => {
  const role = type.roles?.find((r) => r.id === id)
  return role ? nameOf(role.name) : t(`flow.by.${id}`)
}
const rolesOf = (type: CaseType, by: readonly string[] | null | undefined): string => (by ?? []).map((id) => roleWord(type, id)).join(lang.value === 'zh' ? '、' : ', ')

/** Who does a step, or what makes it happen by itself. */
export function causeOf(type: CaseType, step: Step): string {
  const on = step.on
  if (!on) return rolesOf(type, step.by)
  if (on.deadline) return t('flow.on.deadline', { deadline: nameOf(type.deadlines?.find((d) => d.id === on.deadline)?.name ?? { zh: on.deadline, en: on.deadline }) })
  if (on.event) return t('flow.on.event', { event: on.event })
  if (on.children) return t('flow.on.children', { link: on.children.link })
  if (on.parent) return t('flow.on.parent', { signal: on.parent })
  return t('flow.on.entry')
}

/** How long a deadline is, in its own terms: "10m / 30m". */
export const termsOf = (d: Schemas['ProcedureDeadline']): string => (d.take ?? []).map((x) => x.term).join(' / ') || t('flow.until')

const stays = (step: Step, state: string): boolean => !step.to || step.to === state

/** What stands in a type, before it is laid out. */
export function drawn(type: CaseType): { nodes: Node[]; arrows: Arrow[] } {
  const node = (id: string, kind: Node['kind'], lines: Node['lines']): Node => ({
    id, kind, lines, x: 0, y: 0, w: Math.max(64, ...lines.map((l) => lineOf(l.text))) + 24, h: lines.length * line + 14,
  })
  const arrow = (key: string, step: string, from: string, to: string, name: string, who: string, auto: boolean): Arrow => ({
    key, step, from, to, name, who, auto, points: [], x: 0, y: 0, w: Math.max(lineOf(name), lineOf(who) * 0.86) + 10,
  })
  const nodes = [
    ...(type.start ?? []).map((s) => node(`start:${s.id}`, 'start', [{ text: nameOf(s.name), kind: 'name' }])),
    ...(type.states ?? []).map((s) => node(s.id, s.end ? 'end' : 'state', [
      { text: nameOf(s.name), kind: 'name' },
      ...(type.deadlines ?? []).filter((d) => d.in?.includes(s.id)).map((d) => ({ text: `◷ ${nameOf(d.name)} ${termsOf(d)}`, kind: 'clock' as const })),
      ...(type.steps ?? []).filter((p) => p.from?.includes(s.id) && stays(p, s.id)).map((p) => ({ text: `↻ ${nameOf(p.name)} · ${causeOf(type, p)}`, kind: 'stay' as const })),
    ])),
  ]
  const arrows = [
    ...(type.start ?? []).map((s) => arrow(`start:${s.id}`, s.id, `start:${s.id}`, s.to, '', s.on ? t('flow.on.event', { event: s.on }) : rolesOf(type, s.by), !!s.on)),
    ...(type.steps ?? []).flatMap((p) => (p.from ?? []).filter((from) => !stays(p, from)).map((from) => arrow(`${p.id}:${from}`, p.id, from, p.to!, nameOf(p.name), causeOf(type, p), !!p.on))),
  ]
  return { nodes, arrows }
}

/** Lays a type out; the library that does it is loaded when it is first needed. */
export async function layOut(type: CaseType): Promise<Picture> {
  const { Graph, layout } = await import('@dagrejs/dagre')
  const { nodes, arrows } = drawn(type)
  const g = new Graph({ multigraph: true })
  g.setGraph({ rankdir: 'TB', nodesep: 36, ranksep: 34, edgesep: 16, marginx: 16, marginy: 16 })
  for (const n of nodes) g.setNode(n.id, { width: n.w, height: n.h })
  const there = new Set(nodes.map((n) => n.id))
  for (const a of arrows) if (there.has(a.from) && there.has(a.to)) g.setEdge(a.from, a.to, { width: a.w, height: a.name ? 34 : 18, labelpos: 'c' }, a.key)
  layout(g)
  for (const n of nodes) Object.assign(n, { x: g.node(n.id).x, y: g.node(n.id).y })
  const placed = arrows.filter((a) => there.has(a.from) && there.has(a.to)).map((a) => {
    const e = g.edge({ v: a.from, w: a.to, name: a.key }) as { points: { x: number; y: number }[]; x: number; y: number }
    return { ...a, points: e.points, x: e.x, y: e.y }
  })
  const { width = 100, height = 100 } = g.graph() as { width?: number; height?: number }
  return { nodes, arrows: placed, w: width, h: height }
}

/** What two versions differ in, in numbers. */
export function changes(before: CaseType | undefined, after: CaseType): { added: number; gone: number; changed: number } {
  const parts = (type?: CaseType) => new Map([...(type?.states ?? []), ...(type?.steps ?? []), ...(type?.forms ?? []), ...(type?.roles ?? []), ...(type?.deadlines ?? []), ...(type?.start ?? [])].map((x, i) => [`${'from' in x ? 'step' : 'fields' in x ? 'form' : 'filled' in x ? 'role' : 'in' in x ? 'deadline' : 'by' in x ? 'start' : 'state'}.${x.id || i}`, JSON.stringify(x)]))
  const [old, now] = [parts(before), parts(after)]
  return {
    added: [...now.keys()].filter((k) => !old.has(k)).length,
    gone: [...old.keys()].filter((k) => !now.has(k)).length,
    changed: [...now].filter(([k, v]) => old.has(k) && old.get(k) !== v).length,
  }
}
