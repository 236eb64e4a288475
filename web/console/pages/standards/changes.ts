// What changed between two versions of a rule, in sentences.
import type { Schemas } from '@/shared/api/client.ts'
import { nameOf, t } from '@/shared/i18n.ts'
import { drilling, same, type Conduct, type Criterion, type Escalation, type Sending } from './rules.ts'
import { drillsSentence, escalationSentence, quietSentence, verdictWord } from './sentences.ts'
import { valueWord } from './words.ts'

type Template = Schemas['RuleTemplate']

const byName = (c: Criterion) => t(`precedence.by.${c.by}`)
const orderOf = (c: Criterion) => (c.order ?? []).map((v) => valueWord(c.by, v)).join(t('precedence.then'))

/** What changed in the order of messages. */
export function orderChanges(now: Criterion[], before: Criterion[]): string[] {
  const out: string[] = []
  if (!same(now.map((c) => c.by), before.map((c) => c.by))) out.push(t('change.lines', { now: now.map(byName).join(t('precedence.then')), before: before.map(byName).join(t('precedence.then')) }))
  for (const c of now) {
    const was = before.find((b) => b.by === c.by)
    if (was && !same(was.order, c.order)) out.push(t('change.values', { name: byName(c), now: orderOf(c), before: orderOf(was) }))
  }
  return out
}

/** What changed in the sending rules: a rule is known by its key. */
export function sendingChanges(now: Sending[], before: Sending[]): string[] {
  const was = new Map(before.map((s) => [s.id, s]))
  const is = new Set(now.map((s) => s.id))
  const name = (s: Sending) => nameOf(s) || s.id
  const out = before.filter((s) => !is.has(s.id)).map((s) => t('change.removed', { name: name(s) }))
  for (const s of now) {
    const old = was.get(s.id)
    if (!old) out.push(t('change.added', { name: name(s), verdict: verdictWord(s) }))
    else if (!same(old, s)) {
      const { approvals, allow } = old
      out.push(approvals !== s.approvals || allow !== s.allow ? t('change.verdict', { name: name(s), now: verdictWord(s), before: verdictWord(old) }) : t('change.changed', { name: name(s) }))
    }
  }
  const stayed = (list: Sending[], other: Set<string>) => list.map((s) => s.id).filter((id) => other.has(id))
  if (!same(stayed(now, new Set(was.keys())), stayed(before, is))) out.push(t('change.order'))
  return out
}

/** What changed in the escalations: a row is known by its key. */
export function escalationChanges(now: Escalation[], before: Escalation[]): string[] {
  const out = before.filter((e) => !now.some((n) => n.id === e.id)).map((e) => t('change.removed', { name: nameOf(e) || e.id }))
  for (const e of now) {
    const was = before.find((b) => b.id === e.id)
    const [is, old] = [escalationSentence(e), was ? escalationSentence(was) : '']
    if (!was) out.push(t('change.row_added', { now: is }))
    else if (is !== old) out.push(t('change.row', { now: is, before: old }))
    else if (!same(was, e)) out.push(t('change.changed', { name: nameOf(e) || e.id }))
  }
  return out
}

/** What changed in the quiet hours and in how long logs are kept. */
export function conductChanges(now: Conduct, before: Conduct | undefined): string[] {
  if (!before) return []
  const out: string[] = []
  const [is, was] = [quietSentence(now.quiet), quietSentence(before.quiet)]
  if (is !== was) out.push(t('change.row', { now: is, before: was }))
  const everyday = (c: Conduct) => c.retainEveryday ?? c.retain
  if (everyday(now) !== everyday(before)) out.push(t('change.part', { name: t('conduct.retain_everyday'), now: t('conduct.days', { count: everyday(now) }), before: t('conduct.days', { count: everyday(before) }) }))
  if (now.retain !== before.retain) out.push(t('change.part', { name: t('conduct.retain'), now: t('conduct.days', { count: now.retain }), before: t('conduct.days', { count: before.retain }) }))
  const [drills, drilled] = [drillsSentence(drilling(now)), drillsSentence(drilling(before))]
  if (drills !== drilled) out.push(t('change.row', { now: drills, before: drilled }))
  return out
}

/** What changed in a template: the names of the parts that differ. */
export function templateChanges(now: Template, before: Template | undefined): string[] {
  if (!before) return []
  const parts = (['nameZh', 'nameEn', 'class', 'event', 'severity', 'hours', 'plays'] as const).filter((k) => now[k] !== before[k])
    .map((k) => t('change.part', { name: t(`template.part.${k}`), now: partWord(now, k), before: partWord(before, k) }))
  for (const lang of ['zh', 'en'] as const) {
    const [a, b] = [now, before].map((x) => x.texts?.find((y) => y.lang === lang))
    if (!a || !b) {
      if (a ?? b) parts.push(t(a ? 'change.lang_added' : 'change.lang_removed', { lang: t(`lang.${lang}`) }))
      continue
    }
    for (const k of ['title', 'body', 'advice'] as const) {
      if ((a[k] ?? '') !== (b[k] ?? '')) parts.push(t('change.text', { name: t(`compose.text_${k}`), lang: t(`lang.${lang}`), now: a[k] ?? '', before: b[k] ?? '' }))
    }
  }
  return parts
}

const partWord = (x: Template, k: 'nameZh' | 'nameEn' | 'class' | 'event' | 'severity' | 'hours' | 'plays'): string =>
  k === 'class' || k === 'severity' ? valueWord(k, x[k]) : String(x[k])
