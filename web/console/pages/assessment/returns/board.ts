// The board of a form: which cells are shown, in which words, and where one goes next.
import type { Schemas } from '@/shared/api/client.ts'
import { answer, api } from '@/shared/api/client.ts'
import { t } from '@/shared/i18n.ts'

export type Board = Schemas['ReturnsBoard']
export type Row = Schemas['ReturnsRow']
export type Cell = Schemas['ReturnsCell']

export const readBoard = (form: string, last: number, signal?: AbortSignal): Promise<Board> =>
  answer(api.GET('/api/measure/returns/{form}', { params: { path: { form }, query: { last } }, signal }))

/** A sign beside the word of a state; it differs in shape, not only in colour. */
export const signs = { none: '○', open: '◐', submitted: '◆', accepted: '●' } as const

/** How a return stands, in a few words. */
export function cellWords(cell: Cell, steps: number): string {
  const word = cell.state === 'submitted' && steps > 1 ? t('returns.state.submitted_step', { step: cell.step + 1, steps }) : t(`returns.state.${cell.state}`)
  return [word, cell.late && t('returns.late'), cell.round > 1 && t('returns.corrected'), cell.mine && t('returns.mine')].filter(Boolean).join(' · ')
}

/** The rows that filters leave: of one region above, with a state in some period, or with one that waits for the asker. */
export function filtered(rows: Row[], filters: { above?: string; state?: string; mine?: string; q?: string }): Row[] {
  const wants = (c: Cell): boolean => (!filters.state || (filters.state === 'late' ? c.late : filters.state === 'corrected' ? c.round > 1 : c.state === filters.state)) && (!filters.mine || c.mine)
  const words = filters.q?.trim().toLowerCase()
  return rows.filter((r) => (!filters.above || aboveOf(r) === filters.above)
    && (!words || `${r.nameZh}\n${r.nameEn.toLowerCase()}\n${r.unit}\n${r.aboveZh}`.includes(words))
    && (!(filters.state || filters.mine) || (r.cells ?? []).some(wants)))
}

/** The path of the region above. */
export const aboveOf = (r: Row): string => r.path.replace(/[^.]+\.$/, '')

/** Addresses of the returns that wait for the asker: the oldest period first, then in order of regions. */
export function waiting(board: Board): string[] {
  const periods = (board.periods ?? []).map((_, i) => i).reverse()
  return periods.flatMap((i) => (board.rows ?? []).flatMap((r) => (r.cells?.[i]?.mine ? [r.cells[i].id] : [])))
}

/** The one that waits after this one; round and round. */
export function nextWaiting(board: Board, after?: string): string | undefined {
  const all = waiting(board)
  const at = after ? all.indexOf(after) : -1
  const next = all[at + 1] ?? all[0]
  return next === after ? undefined : next
}

/** Where a board has one region only: its newest return that is not submitted yet. */
export function onlyOpen(board: Board): string | undefined {
  return board.rows?.length === 1 ? board.rows[0]!.cells?.find((c) => c.state === 'none' || c.state === 'open')?.id : undefined
}

/** Calls fn at once and then at most once in ms, however often it is asked: many people write at the end of a month. */
export function slowly(fn: () => void, ms: number): () => void {
  let resting = false
  let again = false
  return function go() {
    if (resting) return void (again = true)
    resting = true
    fn()
    setTimeout(() => {
      resting = false
      if (again) {
        again = false
        go()
      }
    }, ms)
  }
}

/** Where the keyboard moves to in a grid. */
export function step(at: [number, number], key: string, rows: number, columns: number): [number, number] {
  const [r, c] = at
  switch (key) {
    case 'ArrowDown': return [Math.min(rows - 1, r + 1), c]
    case 'ArrowUp': return [Math.max(0, r - 1), c]
    case 'ArrowRight': return [r, Math.min(columns - 1, c + 1)]
    case 'ArrowLeft': return [r, Math.max(0, c - 1)]
    case 'PageDown': return [Math.min(rows - 1, r + 15), c]
    case 'PageUp': return [Math.max(0, r - 15), c]
    case 'Home': return [r, 0]
    case 'End': return [r, columns - 1]
  }
  return at
}
