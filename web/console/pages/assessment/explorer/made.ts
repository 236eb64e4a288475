// A formula with the numbers that its names stood for.
import { number } from '@/shared/format.ts'

const codes = /[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*/g

/** "alert.reached / alert.targets * 100" as "63 ÷ 64 × 100"; empty where a number is not known. */
export function filledIn(text: string, values: Map<string, number | null>): string {
  let known = true
  const out = text.replace(codes, (code) => {
    if (!values.has(code)) return code // a function
    const v = values.get(code)
    if (v === null || v === undefined) { known = false; return '' }
    const said = number(v, Number.isInteger(v) ? 0 : 2)
    return v < 0 ? `(${said})` : said
  })
  return known ? out.replace(/\s*\*\s*/g, ' × ').replace(/\s*\/\s*/g, ' ÷ ').replace(/\s+/g, ' ').trim() : ''
}
