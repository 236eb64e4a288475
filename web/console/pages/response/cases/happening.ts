// What happened to a case, in words: an event of its chain as a sentence.
import type { Schemas } from '@/shared/api/client.ts'
import { said, type CaseType, type Data } from '@/shared/case/field.ts'
import { absolute, number } from '@/shared/format.ts'
import { has, nameOf, t } from '@/shared/i18n.ts'

export type Happened = Schemas['ProcedureEvent']

/** Events that are told small, below the ones that people did. */
const quiet = new Set(['told', 'ticked', 'recorded', 'computed', 'came', 'signalled'])
export const isQuiet = (e: Happened): boolean => quiet.has(e.kind)

const wordOf = (list: readonly { id: string; name: { zh: string; en: string } }[] | null | undefined, id: string | undefined): string => {
  const one = list?.find((x) => x.id === id)
  return one ? nameOf(one.name) : (id ?? '')
}

/** An event as a sentence. names tells whom or what an id names. */
export function sentenceOf(e: Happened, type: CaseType, names: Readonly<Record<string, string>>): string {
  const roles = (e.roles ?? []).map((r) => wordOf(type.roles, r)).join(t('case.list_mark'))
  const people = (e.ids ?? []).map((id) => names[id] ?? t('case.somebody')).join(t('case.list_mark'))
  const fields = (e.fields ?? []).map((id) => type.forms?.flatMap((f) => f.fields ?? []).find((f) => f.id === id)?.title).map((w) => (w ? nameOf(w) : '')).join(t('case.list_mark'))
  switch (e.kind) {
    case 'opened': return t('case.did.opened', { start: wordOf(type.start, e.step) })
    case 'moved': {
      const [step, from, to] = [wordOf(type.steps, e.step), wordOf(type.states, e.from), wordOf(type.states, e.to)]
      return t(e.from === e.to ? 'case.did.stayed' : 'case.did.moved', { step, from, to }) + (e.text ? t('case.did.done_at', { at: absolute(e.text) }) : '')
    }
    case 'assigned': return t('case.did.assigned', { role: wordOf(type.roles, e.role), people }) + (e.text ? t('case.did.because', { why: e.text }) : '')
    case 'released': return t('case.did.released', { role: wordOf(type.roles, e.role) })
    case 'told': return t('case.did.told', { roles, say: e.say ? nameOf(e.say) : '' })
    case 'ticked': {
      const key = `case.tick.${e.clock?.what ?? ''}`
      return t(has(key) ? key : 'case.tick.other', { deadline: wordOf(type.deadlines, e.clock?.deadline), due: absolute(e.clock?.due) })
    }
    case 'spawned': case 'joined': case 'came': return t(`case.did.${e.kind}`, { type: e.child?.type ?? '', state: e.child?.state ?? '' })
    case 'recorded': return t('case.did.recorded', { element: e.fact?.element ?? '', value: number(e.fact?.value, Number.isInteger(e.fact?.value) ? 0 : 2) })
    case 'paid': return t('case.did.paid', { amount: number(e.payment?.amount, 2), to: names[e.payment?.to ?? ''] ?? e.payment?.to ?? '', purpose: e.payment?.purpose ?? '' })
    case 'issued': return t('case.did.issued', { title: e.paper ? nameOf(e.paper.title) : '' })
    case 'committed': case 'drawn': return t(`case.did.${e.kind}`, { draw: e.lot?.name ?? '' }) + (e.kind === 'drawn' && people ? t('case.did.drew', { people }) : '')
    case 'unsealed': return t('case.did.unsealed', { fields })
    case 'published': return t('case.did.published', { title: e.title ?? '' })
    case 'took': return t('case.did.took', { parts: (e.parts ?? []).map((p) => `${p.part} × ${p.count}`).join(t('case.list_mark')) })
    case 'relocated': return t('case.did.relocated', { region: e.region ?? '' })
    case 'undone': return t('case.did.undone', { seq: e.seq ?? 0 })
  }
  return t(has(`case.did.${e.kind}`) ? `case.did.${e.kind}` : 'case.did.other', { kind: e.kind })
}

/** What was filled in with an event, label by label. */
export function filledIn(e: Happened, type: CaseType, names: Readonly<Record<string, string>>): { label: string; text: string }[] {
  const data = (e.data ?? {}) as Data
  return (type.forms?.find((f) => f.id === e.form)?.fields ?? []).filter((f) => data[f.id] !== undefined && data[f.id] !== null && !['file', 'signature'].includes(f.format ?? f.items?.[0]?.format ?? ''))
    .map((f) => ({ label: nameOf(f.title), text: said(f, data[f.id], names) }))
}
