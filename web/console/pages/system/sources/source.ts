// What a source of alerts is like, in the terms of the page.
import type { Schemas } from '@/shared/api/client.ts'

export type Source = Schemas['FeedView']
export type Setup = Schemas['FeedSetup']

/** How a source stands: off, failing for long, stumbling now, silent so far, or well. */
export function standing(s: Pick<Source, 'enabled' | 'failing' | 'failures' | 'heardAt'>): 'off' | 'failing' | 'stumbling' | 'silent' | 'well' {
  if (!s.enabled) return 'off'
  if (s.failing) return 'failing'
  if (s.failures > 0) return 'stumbling'
  return s.heardAt ? 'well' : 'silent'
}

export const levels = ['nation', 'province', 'city', 'district', 'township', 'village'] as const
export const severities = ['red', 'orange', 'yellow', 'blue'] as const

/** Words, one a line or parted by commas or blanks. */
export const wordsOf = (text: string): string[] => [...new Set(text.split(/[\s,，、]+/).filter(Boolean))]
