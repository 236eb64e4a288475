import { has, t } from '@/shared/i18n.ts'

/** The word for a value of a rule's criterion. */
export function valueWord(by: string, value: string): string {
  const keys: Record<string, string> = { class: `class.${value}`, level: `level.${value}`, severity: `severity.${value}`, kind: value === 'drill' ? 'drill.word' : `kind.${value}` }
  const key = keys[by] ?? value
  return has(key) ? t(key) : value
}

export const levels = ['nation', 'province', 'city', 'district', 'township', 'village'] as const
