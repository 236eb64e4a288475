// A questionnaire in the browser: the same answers show the same questions and have the
// same faults as on the server (engine/survey, its docs are the reference). Both are held
// to testdata/cases.json. Nothing here touches the page or the network.

/** One text by language tag. */
export type Text = Record<string, string>
export type Kind = 'single' | 'several' | 'scale' | 'number' | 'text' | 'date' | 'grid' | 'note'
export type Op = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge' | 'includes' | 'answered'

/** Exactly one of all, any, not and op is set. */
export interface Condition {
  all?: Condition[]
  any?: Condition[]
  not?: Condition
  question?: string
  row?: string
  op?: Op
  value?: string | number
}

export interface Choice {
  id: string
  title: Text
  show?: Condition
  exclusive?: boolean
  fixed?: boolean
}

export interface Scale {
  low: number
  high: number
  lowTitle?: Text
  highTitle?: Text
  nps?: boolean
}

export interface Question {
  id: string
  kind: Kind
  title: Text
  help?: Text
  required?: boolean
  show?: Condition
  constraint?: Condition
  message?: Text
  nonresponse?: Choice[]
  choices?: Choice[]
  shuffle?: boolean
  scale?: Scale
  rows?: Choice[]
  min?: number
  max?: number
  integer?: boolean
  unit?: Text
  lines?: boolean
  length?: number
  earliest?: string
  latest?: string
}

export interface Page {
  title?: Text
  show?: Condition
  questions: Question[]
}

export interface Quota {
  id: string
  title?: Text
  strata?: string[]
  when?: Condition
  wanted: number
}

export interface Form {
  id: string
  version: string
  languages: string[]
  title: Text
  intro?: Text
  thanks?: Text
  pages: Page[]
  quotas?: Quota[]
}

/** An item nonresponse: the id of one of the question's ways not to answer. */
export interface Nonresponse {
  $: string
}
export type Answer = string | number | string[] | Nonresponse | Record<string, number | string>
/** Answers by question id. Values come from forms and storage, so nothing is taken for granted. */
export type Answers = Record<string, unknown>

/** Why an answer is refused; faults.ts has the sentences. */
export const faultCodes = ['unknown', 'required', 'type', 'choice', 'exclusive', 'few', 'many', 'low', 'high', 'integer', 'long', 'row', 'constraint'] as const
export type FaultCode = (typeof faultCodes)[number]
export interface Fault {
  question: string
  row?: string
  code: FaultCode
}

export const maxAnswer = 4000

/** The text in a language, or else in the form's first. */
export function say(text: Text | undefined, language: string, form: Form): string {
  return text?.[language] || text?.[form.languages[0]!] || ''
}

export function findQuestion(form: Form, id: string): { question: Question; page: number } | undefined {
  for (const [page, p] of form.pages.entries()) {
    const question = p.questions.find((q) => q.id === id)
    if (question) return { question, page }
  }
  return undefined
}

/** Whether a condition holds over effective answers; none holds always. */
export function holds(c: Condition | undefined, answers: Answers): boolean {
  if (!c) return true
  if (c.all) return c.all.every((x) => holds(x, answers))
  if (c.any) return c.any.some((x) => holds(x, answers))
  if (c.not) return !holds(c.not, answers)
  return compare(c, own(answers, c.question ?? ''))
}

function compare(c: Condition, answer: unknown): boolean {
  let declined = nonresponse(answer)
  if (isObject(answer) && c.row) {
    answer = own(answer, c.row)
    declined = typeof answer === 'string' ? answer : undefined
  }
  if (declined !== undefined) {
    if (c.op === 'eq' || c.op === 'includes') return declined === c.value
    return c.op === 'ne' && declined !== c.value
  }
  switch (c.op) {
    case 'answered':
      return isObject(answer) ? Object.values(answer).some((x) => typeof x !== 'string') : answer !== undefined // a grid by any row
    case 'eq':
      return isPlain(answer) && answer === c.value
    case 'ne':
      return !(isPlain(answer) && answer === c.value)
    case 'includes':
      return Array.isArray(answer) && answer.some((x) => isPlain(x) && x === c.value)
  }
  if (!isPlain(answer) || typeof answer !== typeof c.value) return false
  const value = c.value!
  switch (c.op) {
    case 'lt':
      return answer < value
    case 'le':
      return answer <= value
    case 'gt':
      return answer > value
    case 'ge':
      return answer >= value
  }
  return false
}

/** The answers that count: of questions shown by the answers before them, empty ones left out. */
export function effective(form: Form, answers: Answers): Answers {
  const out: Answers = {}
  for (const p of form.pages) {
    if (!holds(p.show, out)) continue
    for (const q of p.questions) {
      const answer = tidy(own(answers, q.id))
      if (answer !== undefined && q.kind !== 'note' && holds(q.show, out)) out[q.id] = answer
    }
  }
  return out
}

function visibleOn(page: Page, counted: Answers): Question[] {
  return holds(page.show, counted) ? page.questions.filter((q) => holds(q.show, counted)) : []
}

/** The questions and notes of one page that these answers show. */
export const pageQuestions = (form: Form, answers: Answers, page: number): Question[] => visibleOn(form.pages[page]!, effective(form, answers))

/** Ids of all questions and notes that these answers show, in order. */
export function visible(form: Form, answers: Answers): string[] {
  const counted = effective(form, answers)
  return form.pages.flatMap((p) => visibleOn(p, counted).map((q) => q.id))
}

/** The first page after page that has something to show, or the number of pages. Begin with -1. */
export function nextPage(form: Form, answers: Answers, page: number): number {
  const counted = effective(form, answers)
  for (page++; page < form.pages.length; page++) if (visibleOn(form.pages[page]!, counted).length) break
  return page
}

/** The last page before page that has something to show, or -1. */
export function previousPage(form: Form, answers: Answers, page: number): number {
  const counted = effective(form, answers)
  for (page--; page >= 0; page--) if (visibleOn(form.pages[page]!, counted).length) break
  return page
}

/** Judges a whole set of answers: those that count, and what is wrong with them. */
export function check(form: Form, answers: Answers): { clean: Answers; faults: Fault[] } {
  const clean = effective(form, answers)
  const faults = form.pages.flatMap((p) => visibleOn(p, clean).flatMap((q) => checkQuestion(q, clean)))
  for (const id of Object.keys(answers).sort(byCodePoint)) {
    const found = findQuestion(form, id)
    if (!found || found.question.kind === 'note') faults.push({ question: id, code: 'unknown' })
  }
  return { clean, faults }
}

/** Judges the answers of one page only: for going on to the next. */
export function checkPage(form: Form, answers: Answers, page: number): Fault[] {
  const counted = effective(form, answers)
  return visibleOn(form.pages[page]!, counted).flatMap((q) => checkQuestion(q, counted))
}

function checkQuestion(q: Question, counted: Answers): Fault[] {
  const answer = own(counted, q.id)
  const fault = (code: FaultCode): Fault[] => [{ question: q.id, code }]
  if (answer === undefined) {
    if (!q.required) return []
    return q.kind === 'grid' ? checkGrid(q, {}) : fault('required')
  }
  const declined = nonresponse(answer)
  if (declined !== undefined) return find(q.nonresponse, declined) && q.kind !== 'grid' ? [] : fault('choice')
  if (q.kind === 'grid') {
    if (!isObject(answer)) return fault('type')
    const faults = checkGrid(q, answer)
    if (faults.length) return faults
  } else {
    const code = judge(q, answer) ?? (offers(q, answer, counted) ? undefined : 'choice')
    if (code) return fault(code)
  }
  return holds(q.constraint, counted) ? [] : fault('constraint')
}

function judge(q: Question, answer: unknown): FaultCode | undefined {
  switch (q.kind) {
    case 'single':
      if (typeof answer !== 'string') return 'type'
      return find(q.choices, answer) ? undefined : 'choice'
    case 'several':
      return Array.isArray(answer) ? judgePicks(q, answer) : 'type'
    case 'scale':
      return judgeScale(q.scale!, answer)
    case 'number':
      if (typeof answer !== 'number' || !Number.isFinite(answer)) return 'type'
      if (q.integer && !Number.isInteger(answer)) return 'integer'
      if (q.min !== undefined && answer < q.min) return 'low'
      if (q.max !== undefined && answer > q.max) return 'high'
      return undefined
    case 'text':
      if (typeof answer !== 'string') return 'type'
      return [...answer].length > (q.length || maxAnswer) ? 'long' : undefined
    case 'date':
      if (typeof answer !== 'string' || !isDate(answer)) return 'type'
      if (q.earliest && answer < q.earliest) return 'low'
      if (q.latest && answer > q.latest) return 'high'
      return undefined
  }
  return undefined
}

/** Whether all choices in a well-formed answer are shown. */
const offers = (q: Question, answer: unknown, counted: Answers): boolean =>
  (Array.isArray(answer) ? answer : [answer]).every((id) => typeof id !== 'string' || holds(find(q.choices, id)?.show, counted))

function judgePicks(q: Question, picks: unknown[]): FaultCode | undefined {
  const seen = new Set<string>()
  let exclusive = false
  for (const id of picks) {
    if (typeof id !== 'string') return 'type'
    const choice = find(q.choices, id)
    if (!choice || seen.has(id)) return 'choice'
    seen.add(id)
    exclusive ||= !!choice.exclusive
  }
  if (exclusive) return picks.length > 1 ? 'exclusive' : undefined
  if (q.min !== undefined && picks.length < q.min) return 'few'
  if (q.max !== undefined && picks.length > q.max) return 'many'
  return undefined
}

function judgeScale(s: Scale, answer: unknown): FaultCode | undefined {
  if (typeof answer !== 'number') return 'type'
  if (!Number.isInteger(answer)) return 'integer'
  if (answer < s.low) return 'low'
  return answer > s.high ? 'high' : undefined
}

function checkGrid(q: Question, rows: Record<string, unknown>): Fault[] {
  const faults: Fault[] = []
  for (const r of q.rows ?? []) {
    const answer = own(rows, r.id)
    let code: FaultCode | undefined
    if (answer === undefined) code = q.required ? 'required' : undefined
    else if (typeof answer === 'string') code = find(q.nonresponse, answer) ? undefined : 'choice'
    else code = judgeScale(q.scale!, answer)
    if (code) faults.push({ question: q.id, row: r.id, code })
  }
  for (const id of Object.keys(rows).sort(byCodePoint)) if (!find(q.rows, id)) faults.push({ question: q.id, row: id, code: 'row' })
  return faults
}

/** Quotas that a complete set of answers counts in. */
export function inQuotas(form: Form, answers: Answers, stratum: string): string[] {
  const counted = effective(form, answers)
  return (form.quotas ?? []).filter((q) => matches(q, counted, stratum)).map((q) => q.id)
}

/** Full quotas in which the respondent falls by the answers up to and including page. */
export function fullQuotas(form: Form, answers: Answers, stratum: string, page: number, counts: Record<string, number>): string[] {
  const counted = effective(form, answers)
  const decided = (q: Quota) => asked(q.when).every((id) => (findQuestion(form, id)?.page ?? -1) <= page)
  return (form.quotas ?? []).filter((q) => decided(q) && (own(counts, q.id) as number | undefined ?? 0) >= q.wanted && matches(q, counted, stratum)).map((q) => q.id)
}

const matches = (q: Quota, counted: Answers, stratum: string): boolean => (!q.strata?.length || q.strata.includes(stratum)) && holds(q.when, counted)

function asked(c: Condition | undefined): string[] {
  if (!c) return []
  return [...(c.all ?? []), ...(c.any ?? []), ...(c.not ? [c.not] : [])].flatMap(asked).concat(c.op ? [c.question!] : [])
}

/** The order in which choices (of a grid: rows) are shown to the respondent of a seed, as indices. */
export function order(q: Question, seed: string): number[] {
  const list = (q.kind === 'grid' ? q.rows : q.choices) ?? []
  const free = q.shuffle ? [...list.keys()].filter((i) => !list[i]!.exclusive && !list[i]!.fixed) : []
  const rank = new Map(free.map((i) => [i, hash(`${seed}\0${q.id}\0${list[i]!.id}`)]))
  const shuffled = [...free].sort((i, j) => rank.get(i)! - rank.get(j)!)
  const out = [...list.keys()]
  for (const [k, place] of free.entries()) out[place] = shuffled[k]!
  return out
}

/** The choices (of a grid: rows) that these answers show to the respondent of a seed, in their order. */
export function offered(form: Form, q: Question, answers: Answers, seed: string): Choice[] {
  const counted = effective(form, answers)
  const list = (q.kind === 'grid' ? q.rows : q.choices) ?? []
  return order(q, seed).map((i) => list[i]!).filter((c) => holds(c.show, counted))
}

/** FNV-1a of 32 bits over UTF-8, then the finaliser of MurmurHash3. */
function hash(s: string): number {
  let h = 2166136261
  for (const b of new TextEncoder().encode(s)) h = Math.imul(h ^ b, 16777619)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

const find = (list: Choice[] | undefined, id: string): Choice | undefined => list?.find((c) => c.id === id)
const isPlain = (x: unknown): x is string | number => typeof x === 'string' || typeof x === 'number'
const isObject = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x)

/** A value under a key that the object itself has: "constructor" is nobody's answer. */
const own = (x: Record<string, unknown>, key: string): unknown => (Object.hasOwn(x, key) ? (x[key] ?? undefined) : undefined)

/** Ids in the order that the server sorts them. */
const byCodePoint = (a: string, b: string): number => {
  const [x, y] = [[...a], [...b]]
  for (let i = 0; i < Math.min(x.length, y.length); i++) if (x[i] !== y[i]) return x[i]!.codePointAt(0)! - y[i]!.codePointAt(0)!
  return x.length - y.length
}

function nonresponse(answer: unknown): string | undefined {
  if (!isObject(answer) || Object.keys(answer).length !== 1) return undefined
  const id = own(answer, '$')
  return typeof id === 'string' ? id : undefined
}

/** An answer without spaces around text, or nothing for an empty one. */
function tidy(answer: unknown): unknown {
  if (typeof answer === 'string') return answer.replace(/^[ \t\r\n\u3000]+|[ \t\r\n\u3000]+$/g, '') || undefined
  if (Array.isArray(answer)) return answer.length ? answer : undefined
  if (!isObject(answer)) return answer ?? undefined
  const rows = Object.entries(answer).map(([id, x]) => [id, tidy(x)] as const).filter(([, x]) => x !== undefined)
  return rows.length ? Object.fromEntries(rows) : undefined
}

/** Whether a text is a day of the Gregorian calendar as YYYY-MM-DD. */
export function isDate(s: string): boolean {
  const m = /^(\d{4})-(\d{2})-(\d{2})$/.exec(s)
  if (!m) return false
  const [year, month, day] = [Number(m[1]), Number(m[2]), Number(m[3])]
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  return days !== undefined && day >= 1 && day <= days
}

/** The condition that a question has one answer. */
export const conditionOf = (question: string, value: string | number): Condition => ({ question, op: 'eq', value })
