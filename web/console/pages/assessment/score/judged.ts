// An assessment's results as rows of a file.
import { nameOf, t } from '@/shared/i18n.ts'
import type { Assessment } from './score.ts'

export function judgedRows(a: Assessment): (string | number | null)[][] {
  const head = [t('method.by'), t('measure.period'), t('method.state'), t('score.rank'), t('score.code'), t('score.name'), t('judge.heard_score'), t('score.score'), t('judge.band'), t('judge.follows'), t('score.as_of')]
  const r = a.results
  return [head, ...(r?.judged ?? []).map((j) => [
    nameOf(r!.methodThen), a.period, t(`judge.state.${a.state}`), j.rank || null, j.code, nameOf(j), j.heard ?? j.score, j.score, j.band ? nameOf(j.band) : null,
    j.band ? (a.pilot ? t('judge.no_effect') : nameOf({ nameZh: j.band.whatZh, nameEn: j.band.whatEn }) || t(`method.kind.${j.band.kind}`)) : null, r!.asOf,
  ])]
}
