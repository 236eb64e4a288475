// A definition as named parts of text, to be compared.
import { t } from '@/shared/i18n.ts'
import { themeWord, type Indicator } from '../measure/book.ts'
import { imputeWord } from '../measure/words.ts'

/** Every part of a definition, always in the same order. */
export function partsOf(d: Indicator): { key: string; name: string; text: string }[] {
  const plain = (['nameZh', 'nameEn', 'unitZh', 'unitEn', 'plainZh', 'plainEn', 'numerator', 'denominator', 'formula', 'owner', 'source'] as const).map((key) => ({ key: key as string, name: t(`measure.field.${key}`), text: d[key] }))
  const said: [key: string, text: string][] = [
    ['parts', d.parts.join('\n')], ['theme', themeWord(d.theme)], ['direction', t(`measure.direction.${d.direction}`)], ['period', t(`period.kind.${d.period}`)], ['aggregate', t(`measure.up_choice.${d.aggregate}`)],
    ['base', d.base && t(`level.${d.base}`)], ['weight', d.weight], ['places', String(d.places)], ['fresh', d.fresh ? t('measure.fresh_days', { count: d.fresh }) : t('measure.fresh_never')], ['impute', imputeWord(d)],
    ['targets', d.targets.map((x) => [x.value, x.by, x.zone, x.region, x.source, x.sourceEn].filter((v) => v !== '' && v !== undefined).join(' ')).join('\n')], ['sourceEn', d.sourceEn ?? ''], ['public', t(d.public ? 'measure.public.yes' : 'measure.public.no')],
  ]
  return [...plain, ...said.map(([key, text]) => ({ key, name: t(`measure.field.${key}`), text }))]
}
