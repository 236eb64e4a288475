// How the figures of a message are said, wherever they stand.
import { number } from '@/shared/format.ts'
import { t } from '@/shared/i18n.ts'
import type { Figures } from './standing.ts'

/** Whether any microphone has listened to the newest version: until then there is no measurement. */
export const measured = (f: Pick<Figures, 'heard' | 'unheard'>): boolean => f.heard + f.unheard > 0

/** Terminals that were heard; a dash, not a zero, until any microphone listened. */
export const heardWord = (f: Pick<Figures, 'heard' | 'unheard'>): string => (measured(f) ? number(f.heard) : '—')

/** What is said where nothing was measured yet: what was heard of the versions before, if any. */
export function unmeasuredWord(f: Figures, version: number): string {
  if (version < 2 || !f.ever.heard) return t('figures.unmeasured')
  return t(version === 2 ? 'figures.heard_first' : 'figures.heard_before', { number: version, heard: f.ever.heard })
}

/** What came of any version, where there was more than one; else nothing. */
export function everWord(f: Figures, version: number | undefined): string {
  if ((version ?? 1) < 2 || !f.ever.targets) return '' // or it ended before this was kept
  const heard = f.ever.heard || measured(f) ? number(f.ever.heard) : '—'
  return t('figures.ever', { targets: f.ever.targets, reached: number(f.ever.reached), heard })
}
