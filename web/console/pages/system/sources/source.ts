// What a source of alerts is like, in the terms of the page.
import type { Schemas } from '@/shared/api/client.ts'
import { t } from '@/shared/i18n.ts'

export type Source = Schemas['FeedView']
export type Setup = Schemas['FeedSetup']

/** How a source stands: off, failing for long, stumbling now, silent so far, or well. */
export function standing(s: Pick<Source, 'enabled' | 'failing' | 'failures' | 'heardAt'>): 'off' | 'failing' | 'stumbling' | 'silent' | 'well' {
  if (!s.enabled) return 'off'
  if (s.failing) return 'failing'
  if (s.failures > 0) return 'stumbling'
  return s.heardAt ? 'well' : 'silent'
}

/** What a source proves itself with and where, told once. */
export const secretFacts = (s: Source): { label: string; text: string; copy?: boolean }[] =>
  [{ label: t('source.address'), text: s.address ?? '' }, { label: t(`source.proof.${s.settings?.proof ?? 'token'}`), text: s.secret ?? '', copy: true }]

export const levels = ['nation', 'province', 'city', 'district', 'township', 'village'] as const
export const severities = ['red', 'orange', 'yellow', 'blue'] as const

/** Words, one a line or parted by commas or blanks. */
export const wordsOf = (text: string): string[] => [...new Set(text.split(/[\s,，、]+/).filter(Boolean))]
