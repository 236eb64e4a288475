// The names of surveys and places on an interviewer's telephone.
import { lang, nameOf } from '@/shared/i18n.ts'
import { say } from '@/shared/survey/form.ts'
import { depot, formOf, type Interview, type Place } from './depot.ts'

/** A survey's name, also of one that is no longer the telephone's work. */
export function surveyName(survey: string): string {
  const work = depot.works.find((w) => w.asked.id === survey)
  if (work) return nameOf(work.asked)
  const form = Object.entries(depot.forms).find(([key]) => key.startsWith(`${survey}.`))?.[1]
  return form ? say(form.title, lang.value, form) : ''
}

export const nameOfPlace = (p: Place): string => (lang.value === 'zh' ? `${p.within}${p.nameZh}` : nameOf(p))

/** Where an interview is held. */
export const placeName = (i: Interview): string => i.where[lang.value]

/** The languages of a questionnaire by their own names. */
export function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag
  } catch {
    return tag
  }
}

export const formName = (i: Interview): string => {
  const form = formOf(i)
  return surveyName(i.survey) || (form ? say(form.title, i.lang, form) : '')
}
