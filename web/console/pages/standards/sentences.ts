// The rules of use in words: what a line of a table means, as a person would say it.
import { number } from '@/shared/format.ts'
import { has, lang, t } from '@/shared/i18n.ts'
import type { Conduct, Criterion, Escalation, Sending } from './rules.ts'
import { levels, valueWord } from './words.ts'

const either = (words: string[]): string =>
  words.length < 2 ? (words[0] ?? '') : words.slice(0, -1).join(t('word.comma')) + t('rule.or') + words[words.length - 1]!

/** A word inside an English sentence begins small; a drill's word stays as loud as it is. */
export const within = (word: string): string => (lang.value === 'en' && word !== word.toUpperCase() ? word.charAt(0).toLowerCase() + word.slice(1) : word)

/** The sentence of one sending rule. names tells what an event code is called. */
export function sendingSentence(s: Sending, names: (beginning: string) => string): string {
  const what = [
    s.drill === undefined ? '' : t(s.drill ? 'rule.drill' : 'rule.real'), s.class ? t(`rule.class.${s.class}`) : '',
    s.severities?.length ? t('rule.severity', { list: either(s.severities.map((v) => within(valueWord('severity', v)))) }) : '',
  ].filter(Boolean).join(lang.value === 'en' ? ' ' : '')
  const subject = t('rule.subject', { what: what || t('rule.all') })
  const clauses = [
    s.origin && t(`rule.origin.${s.origin}`), s.events?.length && t('rule.events', { list: either(s.events.map(names)) }),
    s.authority && t('rule.authority', { level: t(`level.${s.authority}`) }), s.area && t('rule.area', { level: t(`level.${s.area}`) }),
  ].filter((x): x is string => !!x)
  const sentence = [subject, ...clauses].join(t('rule.clause')) + t('rule.stop', { verdict: verdictWord(s) })
  return sentence.charAt(0).toUpperCase() + sentence.slice(1)
}

/** What a sending rule decides. */
export const verdictWord = (s: { allow: boolean; approvals: number; alone?: number }): string =>
  !s.allow ? t('sending.refused') : !s.approvals ? t('sending.alone')
    : t('sending.approvals', { count: s.approvals }) + (s.alone ? t('sending.else_alone', { after: spanWord(s.alone) }) : '')

/** A stretch of seconds as people say it. */
export const spanWord = (seconds: number): string =>
  seconds % 3600 === 0 && seconds ? t('span.hours', { count: seconds / 3600 }) : seconds % 60 === 0 && seconds ? t('span.minutes', { count: seconds / 60 }) : t('span.seconds', { count: seconds })

const kindOf = (e: Pick<Escalation, 'class' | 'severities'>): string => {
  const words = [e.class ? t(`rule.class.${e.class}`) : '', e.severities?.length ? either(e.severities.map((v) => within(valueWord('severity', v)))) : ''].filter(Boolean)
  return t('rule.subject', { what: words.length ? (lang.value === 'en' ? words.reverse() : words).join(lang.value === 'en' ? ' ' : '') : t('rule.all') })
}

/** What a row of the escalations does, in a few words. */
export const escalationActs = (e: Escalation): string =>
  [e.tier && t('escalation.does_tier', { tier: e.tier }), e.tellDuty && t('escalation.does_duty'), e.repair && t('escalation.does_repair')].filter(Boolean).join(t('word.comma')) || t('escalation.does_nothing')

/** The sentence of one row of the escalations. */
export function escalationSentence(e: Escalation): string {
  const sentence = t(e.drills ? 'escalation.sentence_drills' : 'escalation.sentence', { what: kindOf(e), after: spanWord(e.after), share: number(e.share), acts: escalationActs(e) })
  return sentence.charAt(0).toUpperCase() + sentence.slice(1)
}

/** When minor messages wait, in a sentence. */
export function quietSentence(q: Conduct['quiet']): string {
  const what = [q.everyday ? t('conduct.everyday') : '', q.severities?.length ? t('conduct.emergency', { list: either(q.severities.map((v) => (v === 'unknown' ? t('conduct.unknown') : within(valueWord('severity', v))))) }) : ''].filter(Boolean)
  if (q.from === q.until || !what.length) return t('conduct.never')
  return t(q.from > q.until ? 'conduct.quiet_over' : 'conduct.quiet', { from: q.from, until: q.until, what: what.join(t('conduct.and')) })
}

/** How many drills are owed, when staff are reminded, and who begins one, in sentences. */
export function drillsSentence(d: NonNullable<Conduct['drills']>): string {
  const due = (d.due ?? []).map((x) => t('conduct.drills_owed', { level: within(t(`level.${x.level}`)), count: x.perYear }))
  return [
    due.length ? t('conduct.drills_due', { list: due.join(t('word.comma')) }) : t('conduct.drills_none'),
    d.remind ? t('conduct.drills_remind', { count: d.remind }) : t('conduct.drills_unreminded'),
    t(d.alone ? 'conduct.drills_alone' : 'conduct.drills_begun'),
  ].join('')
}

/** The values that a criterion knows. */
export const valuesOf: Record<string, readonly string[]> = {
  class: ['emergency', 'everyday'], kind: ['real', 'drill'], level: levels, severity: ['red', 'orange', 'yellow', 'blue', 'unknown'],
}

/** What one line of the order of messages means, given how many stand before it. */
export function orderSentence(c: Criterion, before: number): string {
  const name = t(`precedence.by.${c.by}`)
  const words = (c.order ?? []).map((v) => valueWord(c.by, v))
  const left = (valuesOf[c.by] ?? []).filter((v) => !c.order?.includes(v)).map((v) => valueWord(c.by, v))
  const chain = words.length === 2
    ? t('precedence.two', { first: within(words[0]!), second: within(words[1]!) })
    : t('precedence.chain', { list: words.map(within).join(t('precedence.then')) })
  return t(before === 0 ? 'precedence.first' : 'precedence.next', { name: within(name) }) + chain
    + (left.length && words.length ? t('precedence.left', { list: left.join(t('word.comma')) }) : '')
}

/** What an event code, or the beginning of one, is called. */
export function eventNames(events: { code: string; zh: string; en: string }[]): (beginning: string) => string {
  const byCode = new Map(events.map((e) => [e.code, e]))
  return (beginning) => {
    const e = byCode.get(beginning.padEnd(5, '0'))
    const name = e && (lang.value === 'en' ? e.en : e.zh)
    return name ? t('rule.event', { name, code: beginning }) : beginning
  }
}

/** The word for a condition of a sending rule. */
export const conditionWord = (condition: string): string => (has(`sending.by.${condition}`) ? t(`sending.by.${condition}`) : condition)
