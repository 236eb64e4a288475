import { has, t } from '@/shared/i18n.ts'

/** An audited act in words; an act without a sentence keeps its code. */
export const actionWord = (action: string): string => (has(`act.${action}`) ? t(`act.${action}`) : action)
