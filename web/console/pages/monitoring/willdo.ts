// What an import will do, after a trial run: what comes to nothing is left out.
import type { Schemas } from '@/shared/api/client.ts'
import { t } from '@/shared/i18n.ts'
import { sentence } from '@/shared/sentence.ts'

/** What an import will do, in one sentence. */
export function willDo(look: Pick<Schemas['AssetImport'], 'added' | 'changed' | 'unchanged' | 'bad'>): string {
  const { added, changed, unchanged, bad } = look
  if (!added && !changed && !bad) return t(unchanged ? 'import.will.nothing' : 'import.will.empty', { count: unchanged })
  return sentence(added && t('import.will.add', { count: added }), changed && t('import.will.change', { count: changed }), !added && !changed && t('import.will.none'), bad && t('import.will.skip', { count: bad }))
}
