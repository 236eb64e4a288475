// Periods as people say them. The server writes 2026-07-28, 2026-07, 2026Q3, 2026H2, 2026, 2026-2030.
import { lang } from '@/shared/i18n.ts'

const numerals = ['一', '二', '三', '四']
const month = (n: string, form: 'long' | 'short'): string => new Intl.DateTimeFormat('en-GB', { month: form, timeZone: 'UTC' }).format(new Date(Date.UTC(2000, Number(n) - 1, 1)))

/** The last day on which a return may be submitted: its deadline is the first moment after that. */
export const lastDay = (due: string): Date => new Date(Date.parse(due) - 1)

/** A period's name: 2026年7月, July 2026; short leaves words away where it stands at the head of a column. */
export function periodName(text: string, short = false): string {
  const zh = lang.value === 'zh'
  let m: RegExpExecArray | null
  if ((m = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text))) return zh ? `${m[1]}年${Number(m[2])}月${Number(m[3])}日` : `${Number(m[3])} ${month(m[2]!, 'short')} ${m[1]}`
  if ((m = /^(\d{4})-(\d{2})$/.exec(text))) return zh ? `${m[1]}年${Number(m[2])}月` : `${month(m[2]!, short ? 'short' : 'long')} ${m[1]}`
  if ((m = /^(\d{4})Q([1-4])$/.exec(text))) return zh ? `${m[1]}年${short ? `${m[2]}季度` : `第${numerals[Number(m[2]) - 1]}季度`}` : `Q${m[2]} ${m[1]}`
  if ((m = /^(\d{4})H([12])$/.exec(text))) return zh ? `${m[1]}年${m[2] === '1' ? '上' : '下'}半年` : `${m[2] === '1' ? 'First' : 'Second'} half of ${m[1]}`
  if ((m = /^(\d{4})-(\d{4})$/.exec(text))) return zh ? `${m[1]}–${m[2]}年` : `${m[1]}–${m[2]}`
  return zh && /^\d{4}$/.test(text) ? `${text}年` : text
}
