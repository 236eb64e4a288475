// The words for devices: kinds, states, faults, and what happened to them.
import { has, t } from '@/shared/i18n.ts'

export const kinds = ['loudspeaker', 'adapter', 'transmitter', 'fm', 'tv', 'screen', 'set_top_box', 'probe', 'sensor', 'station'] as const
/** Kinds that join by the word they show; others by a token. */
export const paired: (typeof kinds)[number][] = ['screen', 'tv', 'set_top_box']
export const deviceStates = ['planned', 'enrolled', 'active', 'suspended', 'retired'] as const
export const presences = ['online', 'offline', 'never'] as const
/** Faults that terminals of ours name; others may come and keep their names. */
export const faults = ['player', 'microphone', 'storage', 'clock'] as const
export const happenings = [
  'registered', 'enrolled', 'activated', 'online', 'offline', 'fault', 'recovered', 'power', 'restarted', 'result', 'refused',
  'changed', 'moved', 'replaced', 'suspended', 'resumed', 'retired',
] as const

/** A fault as a device names it; an unknown one keeps its name. */
export const faultWord = (fault: string): string => (has(`fault.${fault}`) ? t(`fault.${fault}`) : fault)

/** What happened to a device. */
export const happeningWord = (kind: string): string => (has(`happening.${kind}`) ? t(`happening.${kind}`) : kind)

/** Words joined as an enumeration. */
export const listed = (words: string[]): string => words.join(t('word.comma'))

type Detail = Record<string, unknown>
const word = (prefix: string, value: unknown): string => (has(`${prefix}.${String(value)}`) ? t(`${prefix}.${String(value)}`) : String(value ?? ''))
const text = (value: unknown): string => (value === '' || value === null || value === undefined ? '—' : typeof value === 'boolean' ? t(value ? 'word.yes' : 'word.no') : String(value))

/** What a change wrote, field by field. */
function changes(all: unknown): string {
  return listed(Object.entries((all ?? {}) as Record<string, [unknown, unknown]>).map(([field, [from, to]]) =>
    t('happening.change', { field: word('device', field), from: text(from), to: text(to) })))
}

/** Something a device is told: what, and which value. */
export function toldText(what: string, value: unknown): string {
  const v = (value ?? {}) as Detail
  if (what === 'volume') return t('happening.volume', { volume: Number(v.volume) })
  if (what === 'period') return t('happening.period', { seconds: Number(v.period) })
  return has(`told.${what}`) ? t(`told.${what}`) : what
}

/** The outcome of a test or setting. */
function result(d: Detail): string {
  const set = d.what ? [toldText(String(d.what), d)] : [d.volume ? t('happening.volume', { volume: Number(d.volume) }) : '', d.period ? t('happening.period', { seconds: Number(d.period) }) : ''].filter(Boolean)
  const outcome = d.ok ? t('happening.ok') : t('happening.not_ok', { reason: d.reason ? word('reason', d.reason) : '' })
  return listed([...set, outcome])
}

/** What a line of a device's history says beyond its kind; regionOf names a region code. */
export function happeningText(kind: string, detail: unknown, regionOf: (code: string) => string): string {
  const d = (detail ?? {}) as Detail
  const say = (): string[] => {
    switch (kind) {
      case 'changed': return [changes(d.changes)]
      case 'moved': return [d.from === d.to ? t('happening.within', { region: regionOf(String(d.to)) }) : t('happening.from_to', { from: regionOf(String(d.from)), to: regionOf(String(d.to)) })]
      case 'replaced': return [t('happening.from_to', { from: text([d.oldModel, d.oldSerial].filter(Boolean).join(' ')), to: text([d.model, d.serial].filter(Boolean).join(' ')) })]
      case 'enrolled': return [[d.model, d.serial, d.firmware].filter(Boolean).join(' ')]
      case 'online': return d.after === 'never' ? [t('happening.first_time')] : []
      case 'fault': case 'recovered': return [faultWord(String(d.fault ?? ''))]
      case 'power': return [t('happening.from_to', { from: word('power', d.from), to: word('power', d.to) })]
      case 'restarted': return [t('happening.boots', { count: Number(d.boots ?? 0), firmware: text(d.firmware) })]
      case 'result': return [result(d)]
      case 'refused': return [word('reason', d.reason), Number(d.count ?? 1) > 1 ? t('happening.times', { count: Number(d.count) }) : '']
    }
    return []
  }
  const reason = kind !== 'result' && kind !== 'refused' && d.reason ? [t('happening.reason', { reason: String(d.reason) })] : []
  const by = d.by ? [t('happening.by', { name: String(d.by) })] : []
  return [...say(), ...reason, ...by].filter(Boolean).join(' · ')
}
