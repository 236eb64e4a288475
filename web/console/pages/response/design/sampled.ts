// Made-up answers to a form, for trying a type: what a field takes at the least.
import { limit, take, type Data, type Field } from '@/shared/case/field.ts'
import { t } from '@/shared/i18n.ts'

const id = `0SAMPLE0${'0'.repeat(18)}`

function answerTo(f: Field): unknown {
  const options = f.options ?? []
  if (options.length) return options[0]!.value
  const example = Array.isArray(f.schema.examples) ? f.schema.examples[0] : undefined
  if (example !== undefined) return example
  switch (f.type) {
    case 'boolean': return false
    case 'number': case 'integer': return limit(f, 'minimum') ?? 1
    case 'array': return f.items?.[0] ? [answerTo(f.items[0])] : []
    case 'object': return f.format === 'place' ? { lon: 116.4, lat: 39.9, address: t('flow.sample') } : Object.fromEntries((f.items ?? []).filter((x) => x.required).map((x) => [x.id, answerTo(x)]))
  }
  switch (f.format) {
    case 'file': case 'signature': case 'site': case 'party': case 'account': case 'case': return id
    case 'device': return '1'.repeat(23)
    case 'region': return '110101001000'
    case 'phone': return '010-5550-1000'
    case 'minute': return `${new Date().toISOString().slice(0, 10)}T10:00`
    case 'date': return new Date().toISOString().slice(0, 10)
    case 'date-time': return new Date().toISOString()
    case 'time': return '10:00:00Z'
    case 'email': return 'sample@example.org'
  }
  return t('flow.sample').padEnd(limit(f, 'minLength') ?? 0, '.')
}

/** Answers to everything that must be answered, as one answer leads to the next. */
export function sampled(fields: readonly Field[], before: Data = {}): Data {
  const data: Data = {}
  for (const f of fields) {
    if (f.required && take(fields, data, before).asked.includes(f)) data[f.id] = f.default ?? answerTo(f)
  }
  return data
}
