// Outputs as the pages speak of them: how one stands, what it takes, and what its far side said
// of a message.
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, onScopeDispose } from 'vue'
import { answer, api, type Schemas } from '@/shared/api/client.ts'
import { number } from '@/shared/format.ts'
import { has, t } from '@/shared/i18n.ts'
import { onGap, onLive } from '@/shared/live.ts'

export type Output = Schemas['OutputView']
export type Carried = Schemas['OutputCarried']

export const kinds = ['webhook', 'tables', 'adapter', 'ipterminal', 'push', 'platform'] as const
export const states = ['waiting', 'retrying', 'accepted', 'playing', 'done', 'failed', 'given_up', 'superseded', 'ended'] as const

/** An IP terminal that may join: resource code, physical address, public key. */
export interface Terminal { code: string; physical: string; key: string }

/** IP terminals as people write them, one in a line: code, physical address and key, parted by spaces; - for none. */
export const terminalLines = (list: Terminal[] = []): string => list.map((x) => [x.code, x.physical || (x.key && '-'), x.key].filter(Boolean).join(' ')).join('\n')
export const terminalsOf = (text: string): Terminal[] => text.split('\n').map((line) => line.trim().split(/[\s,，、]+/)).filter(([code]) => code)
  .map(([code, ...rest]) => { const [physical = '', key = ''] = rest.map((x) => (x === '-' ? '' : x)); return { code: code!, physical, key } })

/** What is set for an output, in words; nothing where it is not set. */
export function settingWords(name: string, value: unknown): string {
  if (name === 'medium') return t(`output.medium.${String(value)}`)
  if (name === 'terminals') return terminalLines(value as Terminal[])
  if (typeof value === 'boolean') return t(value ? 'source.yes' : 'source.no')
  if (name === 'rate') return `${number(Number(value))} ${t('output.bits')}`
  if (typeof value === 'number') return number(value)
  return Array.isArray(value) ? value.join(' ') : String(value)
}

/** How an output stands: off, without the heartbeats it had, failing since it last carried something, not yet tried, or well. */
export function standing(o: Pick<Output, 'enabled' | 'okAt' | 'failedAt' | 'heardAt' | 'silent'>): 'off' | 'silent' | 'failing' | 'untried' | 'well' {
  if (!o.enabled) return 'off'
  if (o.silent) return 'silent'
  if (o.failedAt && (!o.okAt || Date.parse(o.failedAt) > Date.parse(o.okAt))) return 'failing'
  return o.okAt || o.heardAt ? 'well' : 'untried'
}

/** Whether somebody must look after an output. */
export const wrong = (o: Parameters<typeof standing>[0]): boolean => ['failing', 'silent'].includes(standing(o))

/** Which messages an output takes, in a sentence. */
export function fitsWords(f: Schemas['OutputFits']): string {
  const parts = [
    f.classes?.length === 1 ? t('output.takes_class', { class: t(`class.${f.classes[0]}`) }) : '',
    f.severities?.length ? t('output.takes_severities', { list: f.severities.map((s) => t(`severity.${s}`)).join(t('word.comma')) }) : '',
    f.noDrills ? t('output.takes_no_drills') : '',
  ].filter(Boolean)
  return parts.length ? parts.join(t('word.clause')) : t('output.takes_all')
}

/** Whether a person may have it tried once more: what failed, was given up, or still fails. */
export const mayAgain = (c: Pick<Carried, 'state'>): boolean => ['failed', 'given_up', 'retrying'].includes(c.state)

/** The moment that matters most of what was carried: over, on the air, taken, or put down. */
export const momentOf = (c: Carried): string => c.doneAt ?? c.confirmedAt ?? c.sentAt ?? c.createdAt

type Proof = Record<string, string | number | boolean | undefined>

/** What the far side said, in words; nothing where it said nothing. */
export function proofWords(c: Pick<Carried, 'kind' | 'proof' | 'act'>): string {
  const p = (c.proof ?? {}) as Proof
  if (!Object.keys(p).length) return ''
  const say = (key: string, when: unknown, args: Record<string, string | number> = {}): string => (when ? t(key, args) : '')
  switch (c.kind) {
    case 'webhook':
      return [t('output.proof.answered', { status: String(p.status) }), say('output.proof.said', p.answer, { text: String(p.answer) })].filter(Boolean).join(t('word.clause'))
    case 'tables':
      return c.act !== 'play' ? say('output.proof.out_of_tables', p.target, { target: String(p.target) }) : [
        t('output.proof.in_tables', { target: String(p.target) }), say('output.proof.repeats', p.indexGapMillis, { ms: number(Number(p.indexGapMillis)) }), say('output.proof.no_files', p.without)].filter(Boolean).join(t('word.clause'))
    case 'adapter':
      return [say('output.proof.resources', p.codes, { count: Number(p.codes) }), say('output.proof.volume', p.volume, { volume: Number(p.volume) }),
        t(p.signed ? 'output.proof.signed' : 'output.proof.unsigned'), say('output.proof.said', p.said, { text: String(p.said) })].filter(Boolean).join(t('word.clause'))
    case 'ipterminal':
      return [say('output.proof.terminals', p.terminals, { count: Number(p.terminals), connected: Number(p.connected ?? 0) }),
        ...Object.entries((c.proof as { states?: Record<string, number> }).states ?? {}).filter(([, n]) => n).map(([state, n]) => t('output.proof.state', { state: t(`ipterminal.state.${state}`), count: n }))]
        .filter(Boolean).join(t('word.clause'))
    case 'push':
      return Number(p.browsers) ? [t('output.proof.browsers', { count: Number(p.browsers), taken: Number(p.taken) }), say('output.proof.gone', p.gone, { count: Number(p.gone) }),
        say('output.proof.failed', p.failed, { count: Number(p.failed) })].filter(Boolean).join(t('word.clause')) : t('output.proof.nobody')
    case 'platform':
      return [p.state && has(`output.brd.${p.state}`) ? t(`output.brd.${p.state}`) : '' /* 0: nothing was reported yet */, say('output.proof.rate', p.rate, { share: `${number(Number(p.rate) * 100, 1)}%` }), say('output.proof.said', p.words, { text: String(p.words) }),
        say('output.proof.wider', p.wider)].filter(Boolean).join(t('word.clause'))
  }
  return ''
}

/** Every output that reaches the reader's regions; kept fresh. */
export function useOutputs() {
  const client = useQueryClient()
  const query = useQuery({ queryKey: ['outputs'], refetchInterval: 15_000, queryFn: () => answer(api.GET('/api/alert-outputs')) })
  const again = (): void => {
    for (const queryKey of [['outputs'], ['list', 'outputs']]) void client.invalidateQueries({ queryKey })
  }
  for (const stop of [onLive('alert.output', again), onGap(again)]) onScopeDispose(stop)
  return { outputs: computed(() => query.data.value?.items ?? []), query, again }
}
