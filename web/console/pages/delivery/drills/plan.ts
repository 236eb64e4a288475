// The form of a drill's plan, and the plan that it makes.
import type { Schemas } from '@/shared/api/client.ts'
import { momentOf, wallTime } from '@/shared/clock.ts'
import type { Drill } from './words.ts'

export type Plan = Schemas['DrillPlan']
export type Template = Schemas['RuleTemplate']

export interface PlanForm {
  name: string
  purpose: string
  kind: Plan['kind']
  at: string // the city's time as <input type=datetime-local> has it
  minutes: number
  template: string
  event: string
  severity: Plan['scenario']['severity']
  zh: { title: string; body: string; advice: string }
  en: { title: string; body: string; advice: string }
  plays: number
  regions: string[]
  media: string[]
  participants: { name: string; part: string }[]
  steps: string[]
  targets: { reach: number; half: number; most: number; nearly: number; take: number; sign: number }
  announced: boolean
  area?: Plan['area'] // one with shapes, made elsewhere, stays as it is
}

/** A form for a first plan: tomorrow at ten. */
export function blankForm(now: Date, steps: string[]): PlanForm {
  const tomorrow = wallTime(new Date(now.getTime() + 24 * 3_600_000)).slice(0, 10)
  const text = () => ({ title: '', body: '', advice: '' })
  return { name: '', purpose: '', kind: 'terminal_drill', at: `${tomorrow}T10:00`, minutes: 30, template: '', event: '', severity: 'orange', zh: text(), en: text(), plays: 1, regions: [],
    media: ['loudspeaker'], participants: [], steps, targets: { reach: 95, half: 5, most: 10, nearly: 30, take: 60, sign: 120 }, announced: true }
}

export function formOf(d: Drill): PlanForm {
  const p = d.plan
  const text = (lang: string) => ({ title: '', body: '', advice: '', ...p.scenario.texts?.find((x) => x.lang === lang) })
  const of = (n: number | undefined) => n ?? Number.NaN
  const a = p.area
  const drawn = !!(a.polygons?.length || a.circles?.length || a.devices?.length || a.zones?.length)
  return { name: p.name, purpose: p.purpose, kind: p.kind, at: wallTime(new Date(p.at)), minutes: p.minutes, template: p.scenario.template ?? '', event: p.scenario.event, severity: p.scenario.severity,
    zh: text('zh'), en: text('en'), plays: p.scenario.plays, regions: p.area.regions ?? [], media: p.media ?? [], participants: p.participants ?? [], steps: p.steps ?? [],
    targets: { reach: of(p.targets.reach), half: of(p.targets.half), most: of(p.targets.most), nearly: of(p.targets.nearly), take: of(p.targets.take), sign: of(p.targets.sign) },
    announced: p.announced, area: drawn ? a : undefined }
}

/** The plan that a form makes; a target without a number expects nothing. */
export function planOf(f: PlanForm): Plan {
  const texts = (['zh', 'en'] as const).filter((l) => l === 'zh' || f[l].title.trim() || f[l].body.trim())
    .map((lang) => ({ lang, title: f[lang].title.trim(), body: f[lang].body.trim(), advice: f[lang].advice?.trim() || undefined }))
  const targets = Object.fromEntries(Object.entries(f.targets).filter(([, n]) => n > 0))
  return { name: f.name.trim(), purpose: f.purpose.trim(), kind: f.kind, at: momentOf(f.at).toISOString(), minutes: f.minutes,
    scenario: { template: f.template || undefined, event: f.event, severity: f.severity, texts, plays: f.plays }, area: { ...f.area, regions: f.regions }, media: f.media,
    participants: f.participants.filter((p) => p.name.trim()), steps: f.steps.filter((s) => s.trim()), targets, announced: f.announced }
}

/** The names of blanks that nobody filled in. */
export const blanksIn = (f: PlanForm): string[] =>
  [...new Set([f.zh, f.en].flatMap((x) => [x.title, x.body, x.advice]).flatMap((s) => [...s.matchAll(/\{([a-z]+)\}/g)].map((m) => m[1]!)))]
