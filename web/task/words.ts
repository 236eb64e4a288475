// Cases and what was done to them in words.
import { said, type Data, type Field, type Form } from '@/shared/case/field.ts'
import { absolute } from '@/shared/format.ts'
import { lang, nameOf, t } from '@/shared/i18n.ts'
import { standing, stateNames, type Type, type View } from './course.ts'
import { depot, stepsDone, typeOf } from './depot.ts'
import { isLocal, type Deed } from './queue.ts'

export const fieldOf = (type: Type, id: string): Field | undefined => (type.forms ?? []).flatMap((f) => f.fields ?? []).find((f) => f.id === id)
export const formOf = (type: Type, id: string | undefined): Form | undefined => (type.forms ?? []).find((f) => f.id === id)

/** The format of a field, or of what is in its list. */
export function formatOf(type: Type, id: string): string {
  const f = fieldOf(type, id)
  return f?.format || f?.items?.[0]?.format || ''
}

const either = () => (lang.value === 'zh' ? '或' : ' or ')

/** Where a case stands, with what waits on the telephone. */
export function stateWords(view: View): string {
  const [type, done] = [typeOf(view), stepsDone(view.id)]
  return type && done.length ? stateNames(type, standing(type, view.state, done)).map(nameOf).join(either()) : nameOf(view.stateName)
}

export interface Call { name: string; number: string }

/** Whom to ring: whoever left a number in the case, and the desk of the device that it is about. */
export function calls(view: View, contact?: string): Call[] {
  const type = typeOf(view)
  const left = (type?.forms ?? []).flatMap((form) => {
    const name = (form.fields ?? []).find((f) => f.id === 'name' && (view.data as Data)[f.id])
    return (form.fields ?? []).filter((f) => f.format === 'phone' && (view.data as Data)[f.id])
      .map((f): Call => ({ name: name ? String((view.data as Data)[name.id]) : nameOf(f.title), number: String((view.data as Data)[f.id]) }))
  })
  return contact ? [...left, { name: t('task.desk'), number: contact }] : left
}

/** What was filled in, a line for each field; files are told by their number. */
export function deedText(deed: Deed, why: boolean): string {
  const lines = [t('task.was_done', { step: nameOf(deed.name), time: absolute(deed.at) })]
  if (why && deed.why) lines.push(t('task.was_not_taken', { why: deed.why.detail }))
  for (const f of fieldsOf(deed)) {
    const v = deed.data[f.id]
    if (v === undefined || isLocal(v) || (Array.isArray(v) && isLocal(v[0]))) continue
    lines.push(t('task.field', { name: nameOf(f.title), value: said(f, v) }))
  }
  if (typeof deed.data.text === 'string' && deed.data.text) lines.push(deed.data.text)
  return lines.join('\n')
}

/** The fields that a deed fills in. Its case is carried for as long as it waits. */
export function fieldsOf(deed: Deed): Field[] {
  const c = depot.cases[deed.case]
  const type = c && typeOf(c.view)
  return (type && formOf(type, type.steps?.find((s) => s.id === deed.step)?.form)?.fields) ?? []
}
