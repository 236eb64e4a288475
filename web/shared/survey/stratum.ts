// What a stratum of a sample is called: district, area and, where groups are told apart, group.
import { lang, nameOf, t } from '../i18n.ts'

export interface Named { nameZh: string; nameEn: string; area?: string; groupZh?: string; groupEn?: string }

export const groupName = (s: Named): string => (lang.value === 'en' && s.groupEn) || s.groupZh || ''

export const stratumName = (s: Named): string => [nameOf(s), s.area ? t(`survey.area.${s.area}`) : '', groupName(s)].filter(Boolean).join(' · ')

/** A stratum without its group: where places are drawn, and what quotas name. */
export const baseOf = (stratum: string): string => stratum.split('.').slice(0, 2).join('.')
