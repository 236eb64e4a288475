// How drills are said: states, parts, times and targets.
import type { Schemas } from '@/shared/api/client.ts'
import { duration, number, share } from '@/shared/format.ts'
import { has, nameOf, t } from '@/shared/i18n.ts'

export type Drill = Schemas['DrillView']
export type Brief = Schemas['DrillBrief']
export type Part = Schemas['DrillPart']
export type Verdict = Schemas['DrillVerdict']

export const states = ['planned', 'approved', 'running', 'done', 'evaluated', 'called_off'] as const
export const depths = ['terminal_drill', 'head_end_drill', 'platform_drill'] as const
export const media = ['loudspeaker', 'screen', 'tv', 'set_top_box', 'fm', 'transmitter', 'adapter', 'station', 'out.platform', 'out.tables', 'out.adapter', 'out.ipterminal', 'out.webhook', 'out.push', 'out.tv'] as const

/** What a part of a drill is called: a region by its name, a medium by its word. */
export const partName = (p: Part): string =>
  p.nameZh ? nameOf(p) : !p.key ? t('drills.all') : has(`medium.${p.key}`) ? t(`medium.${p.key}`) : p.key

/** Milliseconds as a time that people read; never reached is no zero. */
export const took = (p: Part, which: 'half' | 'most' | 'nearly'): string => (!p.targets ? t('drills.no_data') : p[which] === undefined ? t('drills.never') : duration(p[which]! / 1000))

/** What claims to have sounded it; a medium that never says so has no share. */
export const claimed = (p: Part): string => (!p.targets ? t('drills.no_data') : p.unclaimed ? `— ${t('drills.unclaimed')}` : share(p.claimed, p.targets))
/** What was heard, of the targets with a microphone; what nobody measured is not zero. */
export const heard = (p: Part): string => (p.heard === undefined ? t('drills.not_measured') : p.ears ? share(p.heard, p.ears) : number(p.heard))

export const wanted = (v: Verdict): string => (v.key === 'reach' ? `≥ ${v.wanted}%` : `≤ ${duration(v.wanted)}`)
export const got = (v: Verdict, final: boolean): string =>
  v.got !== undefined ? (v.key === 'reach' ? `${v.got.toFixed(1)}%` : duration(v.got)) : v.met === false ? t('drills.never') : t(final ? 'drills.not_measured' : 'drills.open')
export const verdict = (v: Verdict, final: boolean): string => (v.met === undefined ? t(final ? 'drills.not_measured' : 'drills.open') : t(v.met ? 'drills.met' : 'drills.missed'))

/** A reason for which terminals did not do what they should. */
export const reasonOf = (w: { problem: string; reason?: string }): string => {
  const reason = w.reason && (has(`reason.${w.reason}`) ? t(`reason.${w.reason}`) : w.reason)
  return reason ? `${t(`drills.problem.${w.problem}`)} · ${reason}` : t(`drills.problem.${w.problem}`)
}
