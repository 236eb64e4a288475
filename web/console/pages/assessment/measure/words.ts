// Definitions in words.
import { nameOf, t } from '@/shared/i18n.ts'
import { valueWord, type Indicator, type Thing } from './book.ts'
import { codesIn } from './formula.ts'
import type { Outlook } from './outlook.ts'
import { periodWord } from './period.ts'

const codes = /[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*/g

/** A formula with names in place of codes and the signs that people write. */
export const readable = (text: string, byCode: Map<string, Pick<Thing, 'nameZh' | 'nameEn'>>): string =>
  text.replace(codes, (code) => { const x = byCode.get(code); return x ? t('measure.quoted', { name: nameOf(x) }) : code })
    .replace(/\s*\*\s*/g, ' × ').replace(/\s*\/\s*/g, ' ÷ ').replace(/\s+/g, ' ').trim()

const simple = (text: string): boolean => /^[\w.]+$/.test(text.trim())
const inner = (text: string): string => (simple(text) ? text.trim() : `(${text.trim()})`)

/** The one expression that an indicator's lines make. */
export function wholeFormula(d: Pick<Indicator, 'numerator' | 'denominator' | 'formula'>): string {
  const [above, below] = [inner(d.numerator), inner(d.denominator || '1')]
  if (!d.formula.trim()) return d.denominator.trim() ? `${above} / ${below}` : d.numerator.trim()
  return d.formula.replace(/\b(numerator|denominator)\b/g, (w) => (w === 'numerator' ? above : below))
}

/** Every code that an indicator names itself. */
export const codesOf = (d: Pick<Indicator, 'numerator' | 'denominator' | 'parts'>): string[] => [...new Set([d.numerator, d.denominator, ...d.parts].flatMap(codesIn))]

/** How an indicator of a region comes from what lies below, in a sentence. */
export const aggregateWord = (d: Pick<Indicator, 'aggregate' | 'base' | 'weight'>, byCode: Map<string, Thing>): string => {
  const weight = byCode.get(d.weight || 'population')
  return t(`measure.up.${d.aggregate}`, { level: t(`level.${d.base || 'city'}`), weight: weight ? nameOf(weight) : d.weight || 'population' })
}

/** Who did something: a person or a feeder by name, the sample city as such, the platform's own parts as the platform. */
export function personWord(id: string | undefined, name: string | undefined): string {
  if (!id || id.startsWith('system:sample')) return id ? t('measure.made.sample') : (name ?? '')
  return id.startsWith('system:') && !id.startsWith('system:feeder:') ? t('measure.by_system') : (name ?? '')
}

/** A target in words: 95 % or more by 2026. Where nothing beside it calls it one, targetSaid does: it is not what was reached. */
export const targetWord = (d: Indicator, target: Indicator['targets'][number]): string =>
  t(d.direction === 'none' ? 'measure.target.at' : `measure.target.${d.direction}`, { value: valueWord(d, target.value), by: periodWord(target.by) })

export const targetSaid = (d: Indicator, target: Indicator['targets'][number]): string => t('measure.target.is', { target: targetWord(d, target) })

export const outlookWord = (o: Outlook): string => t(`measure.outlook.${o}`)

/** What stands in for what is not known. */
export const imputeWord = (d: Indicator): string =>
  d.impute.rule === 'carry' ? t('measure.impute.carry_for', { count: d.impute.periods }) : d.impute.rule === 'fixed' ? t('measure.impute.fixed_at', { value: valueWord(d, d.impute.value) }) : t(`measure.impute.${d.impute.rule || 'none'}`)
