// What is wrong with what was filled in, as far as a telephone can tell without the platform, which
// has the last word.
import { Problem, type ProblemPlace } from '@/shared/api/problem.ts'
import { t } from '@/shared/i18n.ts'
import { empty, limit, take, type Data, type Field } from '@/shared/case/field.ts'

type Fault = [code: string, args?: Record<string, number>]

function faultOf(f: Field, v: unknown): Fault | undefined {
  const over = (key: string, is: number): number | undefined => { const most = limit(f, key); return most !== undefined && is > most ? most : undefined }
  const under = (key: string, is: number): number | undefined => { const least = limit(f, key); return least !== undefined && is < least ? least : undefined }
  const fault = (code: string, n: number | undefined): Fault | undefined => (n === undefined ? undefined : [code, { n }])
  if ('const' in f.schema && f.schema.const !== v) return ['const']
  if (typeof v === 'string') {
    const length = [...v].length
    if (typeof f.schema.pattern === 'string' && !new RegExp(f.schema.pattern, 'u').test(v)) return ['pattern']
    if (f.format === 'phone' && !/^\+?[0-9][0-9 -]{4,19}$/.test(v)) return ['phone']
    return fault('long', over('maxLength', length)) ?? fault('short', under('minLength', length))
  }
  if (typeof v === 'number') {
    if (f.type === 'integer' && !Number.isInteger(v)) return ['whole']
    return fault('big', over('maximum', v)) ?? fault('small', under('minimum', v))
  }
  if (Array.isArray(v)) return fault('many', over('maxItems', v.length)) ?? fault('few', under('minItems', v.length))
}

function faultsIn(fields: readonly Field[], filled: Data, before: Data, at: string): ProblemPlace[] {
  const { asked, taken } = take(fields, filled, before)
  return asked.flatMap((f): ProblemPlace[] => {
    const place = at + f.id
    const v = taken[f.id]
    if (empty(v)) return f.required ? [said(place, 'required')] : []
    const fault = faultOf(f, v)
    if (fault) return [said(place, ...fault)]
    if (f.type === 'array' && f.items?.[0]?.type === 'object') return (v as Data[]).flatMap((row, i) => faultsIn(f.items![0]!.items ?? [], row, {}, `${place}.${i}.`))
    if (f.type === 'object' && f.format !== 'place') return faultsIn(f.items ?? [], v as Data, {}, `${place}.`)
    return []
  })
}

const said = (location: string, code: string, args?: Record<string, number>): ProblemPlace => ({ location, code, message: t(`task.fault.${code}`, args) })

/** What is wrong, at the fields; undefined where nothing is. */
export function check(fields: readonly Field[], filled: Data, before: Data): Problem | undefined {
  const places = faultsIn(fields, filled, before, '')
  return places.length ? new Problem(422, 'task.fault', t('task.faults', { count: places.length }), places) : undefined
}
