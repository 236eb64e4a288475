// The words for devices: kinds, states, faults, and what happened to them.
import { has, t } from '@/shared/i18n.ts'

export const kinds = ['loudspeaker', 'adapter', 'transmitter', 'fm', 'tv', 'screen', 'set_top_box', 'probe', 'sensor', 'station'] as const
export const deviceStates = ['planned', 'enrolled', 'active', 'suspended', 'retired'] as const
export const presences = ['online', 'offline', 'never'] as const

/** A fault as a device names it; an unknown one keeps its name. */
export const faultWord = (fault: string): string => (has(`fault.${fault}`) ? t(`fault.${fault}`) : fault)

/** What happened to a device. */
export const happeningWord = (kind: string): string => (has(`happening.${kind}`) ? t(`happening.${kind}`) : kind)
