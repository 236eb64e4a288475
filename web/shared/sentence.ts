// Sentences of several clauses, of which those that say nothing are left out.
import { t } from './i18n.ts'

/** A sentence of the clauses that are there. */
export const sentence = (...clauses: (string | false | 0 | undefined)[]): string => clauses.filter(Boolean).join(t('word.clause')) + t('word.stop')
