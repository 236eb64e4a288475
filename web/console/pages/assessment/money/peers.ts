// What a unit of result costs, in sentences, and districts beside one another.
import type { Schemas } from '@/shared/api/client.ts'
import { number } from '@/shared/format.ts'
import { nameOf, t } from '@/shared/i18n.ts'
import { unitName, valueWord, type Indicator, type Thing } from '../measure/book.ts'
import { ranked } from '../measure/scale.ts'
import { readable } from '../measure/words.ts'
import { rounded, toFunds } from './money.ts'

export type Costs = Schemas['FundUnitCosts']
export type Results = Schemas['FundPurposeResults']
export type UnitCost = Schemas['FundUnitCost']
export type Peer = Schemas['FundPeer']

/** A cost among all of a year: whose purpose it is of, and its indicator. */
export interface Choice { purpose: Results; cost: UnitCost }
export const choicesOf = (c: Costs | undefined): Choice[] => (c?.purposes ?? []).flatMap((purpose) => purpose.costs.map((cost) => ({ purpose, cost })))

/** What is counted as the result, by its names. */
export const resultName = (d: Pick<Indicator, 'denominator'>, byCode: Map<string, Thing>): string => {
  const single = byCode.get(d.denominator.trim())
  return single ? nameOf(single) : readable(d.denominator, byCode)
}
/** A result with its unit where it is a single element. */
export const resultWord = (d: Pick<Indicator, 'denominator'>, byCode: Map<string, Thing>, v: number | null): string => {
  const single = byCode.get(d.denominator.trim())
  return v === null ? t('assess.no_data') : single ? valueWord(single, v) : number(v)
}

/** A share above or below as people say it: 12% above. */
export const against = (share: number): string => t(Math.abs(share) < 0.005 ? 'costs.level' : share > 0 ? 'costs.higher' : 'costs.lower', { share: `${number(Math.abs(share) * 100)}%` })

/** How a peer stands, in a word or two. */
export const standingWord = (p: Peer): string =>
  p.standing === 'unknown' ? t(p.missing === 'undefined' ? 'costs.standing.zero' : p.paid === null && p.result !== null ? 'costs.standing.unpaid' : 'costs.standing.unknown')
    : p.against !== null ? against(p.against) : t(`costs.standing.${p.standing}`)

/** Peers from the cheapest, those that cannot be compared after them, those without a cost last. */
export const inOrder = (peers: Peer[]): Peer[] => {
  const compared = (p: Peer): boolean => p.standing !== 'few' && p.cost !== null
  return [...ranked(peers.filter(compared), (p) => p.cost, 'down'), ...ranked(peers.filter((p) => !compared(p)), (p) => p.cost, 'down')]
}

/** What is to be said of a cost in a year, which may still be running. */
export function sentences({ cost }: Choice, d: Indicator, year: number, running: boolean, place: string | undefined, byCode: Map<string, Thing>): string[] {
  const { whole, peers } = cost
  const word = (v: number) => valueWord(d, v)
  const known = inOrder(peers).filter((p) => p.against !== null)
  const [low, high] = [known[0], known.at(-1)]
  const count = (s: Peer['standing']) => peers.filter((p) => p.standing === s).length
  return [
    place === undefined ? '' : whole.cost !== null && whole.paid !== null
      ? t('costs.says.whole', { year: String(year), place, name: nameOf(d), value: word(whole.cost), paid: rounded(whole.paid), result: resultName(d, byCode), count: resultWord(d, byCode, whole.result) })
      : t(whole.missing === 'undefined' ? 'costs.says.zero' : 'costs.says.none', { year: String(year), place, name: nameOf(d) }),
    whole.cost !== null && cost.before !== null && cost.before > 0 ? running ? t('costs.says.running', { value: word(cost.before) }) : t('costs.says.before', { value: word(cost.before), change: against(whole.cost / cost.before - 1) }) : '',
    cost.median !== null ? t('costs.says.middle', { count: cost.compared, low: word(cost.low!), high: word(cost.high!), median: word(cost.median) }) : cost.compared ? t('costs.says.alone', { count: cost.compared }) : '',
    low && high && low !== high ? t('costs.says.ends', { high: unitName(high.unit), most: word(high.cost!), above: against(high.against!), low: unitName(low.unit), least: word(low.cost!), below: against(low.against!) }) : '',
    count('few') ? t('costs.says.few', { count: count('few') }) : '', count('unknown') ? t('costs.says.unknown', { count: count('unknown') }) : '',
  ].filter(Boolean)
}

/** The payments behind what was paid for a purpose in a place and a year; they count by their day. */
export const toPayments = (purpose: string, year: number, region?: string) => toFunds({ kind: 'payment', purpose, region, from: `${year}-01-01`, to: `${year}-12-31`, state: 'confirmed' })
