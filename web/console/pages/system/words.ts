import { has, keysOf, t } from '@/shared/i18n.ts'

/** An audited act in words; archtest sees to it that each has a sentence. */
export const actionWord = (action: string): string => (has(`act.${action}`) ? t(`act.${action}`) : action)

/** The acts to choose from. */
export const actions = (): { value: string; label: string }[] =>
  keysOf(/^act\.[a-z]+\.[a-z_.]+$/).map((key) => ({ value: key.slice(4), label: t(key) })).filter((a) => !/^(do|done|word|says|reason)\./.test(a.value))

/** Who acted: a person by name, the platform's own parts as the platform, whoever runs its machine as the operator. */
export function actorWord(r: { actor: string; actorName: string }): string {
  if (r.actor === 'system:operator') return t('audit.by_operator')
  return r.actor.startsWith('system:') || !(r.actorName || r.actor) ? t('audit.by_itself') : r.actorName || r.actor
}
