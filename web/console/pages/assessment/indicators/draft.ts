// An indicator while it is being written.
import { t } from '@/shared/i18n.ts'
import type { ProblemPlace } from '@/shared/api/problem.ts'
import type { Indicator } from '../measure/book.ts'
import { meantPeriod, textOf } from '../measure/period.ts'

export type Draft = Omit<Indicator, 'accrues' | 'builtIn' | 'sample' | 'revision'>

/** What is kept of a definition when it is sent. */
export const draftOf = ({ accrues: _, builtIn: __, sample: ___, revision: ____, ...rest }: Indicator): Draft => ({ sayZh: '', sayEn: '', ...(JSON.parse(JSON.stringify(rest)) as Draft) })

export const fresh = (): Draft => ({
  code: '', nameZh: '', nameEn: '', unitZh: '', unitEn: '', plainZh: '', plainEn: '', sayZh: '', sayEn: '', theme: 'service', numerator: '', denominator: '', formula: '', direction: 'up', period: 'month',
  aggregate: 'formula', base: '', weight: '', parts: [], places: 1, fresh: 0, impute: { rule: 'none', periods: 3, value: 0 }, targets: [], owner: '', source: '', public: false,
})

/** A code from an English name: "Village visits" is village_visits; one that is taken gets a number. */
export function codeFrom(name: string, taken: string[]): string {
  const code = name.toLowerCase().normalize('NFKD').replace(/[^a-z0-9]+/g, '_').replace(/^[^a-z]+|_+$/g, '').slice(0, 60)
  if (!code || !taken.includes(code)) return code
  for (let n = 2; ; n++) if (!taken.includes(`${code}_${n}`)) return `${code}_${n}`
}

/** Another one like this, with a code of its own. */
export const copied = (d: Indicator, taken: string[]): Draft => ({ ...draftOf(d), code: codeFrom(d.code.replaceAll('.', '_'), taken), nameZh: `${d.nameZh}（副本）`, nameEn: `${d.nameEn} (copy)`, public: false })

/** What is missing or no number, before it is sent. */
export function unfinished(d: Draft): ProblemPlace[] {
  const numbers: [place: string, value: number][] = [['places', d.places], ['fresh', d.fresh], ...(d.impute.rule === 'carry' ? [['impute.periods', d.impute.periods] as [string, number]] : []), ...(d.impute.rule === 'fixed' ? [['impute.value', d.impute.value] as [string, number]] : []), ...d.targets.map((x, i): [string, number] => [`targets[${i}].value`, x.value])]
  const wrong = (location: string, message: string) => ({ location, message, code: 'form' })
  return [
    ...numbers.filter(([, v]) => !Number.isFinite(v)).map(([place]) => wrong(place, t('measure.fault.value'))),
    ...d.targets.flatMap((x, i) => (meantPeriod(x.by) ? [] : [wrong(`targets[${i}].by`, t('period.wrong_any'))])),
  ]
}

/** A draft as it can be tried before everything is filled in: what has no name yet borrows one, what is
    no number yet counts for none. */
export const tried = (d: Draft): Draft => ({ ...sent(d), targets: [], places: d.places || 0, fresh: d.fresh || 0, code: d.code || 'trial', nameZh: d.nameZh.trim() || '…', nameEn: d.nameEn.trim() || '…' })

/** A draft as it is sent: without what its kind of sum does not use. */
export function sent(d: Draft): Draft {
  const union = d.aggregate === 'union'
  const plain = d.aggregate === 'formula'
  const targets = d.targets.map((x) => { const by = meantPeriod(x.by); return by ? { ...x, by: textOf(by) } : x })
  return { ...d, targets, numerator: union ? '' : d.numerator, denominator: union ? '' : d.denominator, formula: union ? '' : d.formula, parts: union ? d.parts : [], base: plain ? '' : d.base || 'district', weight: plain || d.aggregate === 'worst' ? '' : d.weight, impute: { ...d.impute, periods: d.impute.periods || 0, value: d.impute.value || 0 } }
}
