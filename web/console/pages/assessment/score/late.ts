// What is late: returns that are not in yet, form by form, and numbers that are out of date.
import type { Schemas } from '@/shared/api/client.ts'
import { wallTime } from '@/shared/clock.ts'
import { lastDay, type Period } from '../measure/period.ts'

type Board = Schemas['ReturnsBoard']

export interface Late { form: Board['form']; period: string; due: string; count: number; late: boolean }

/** The periods of a board in which returns are missing, the most overdue first; of those not due yet only the next. */
export function lateIn(b: Board, now = Date.now()): Late[] {
  const all = (b.periods ?? []).flatMap((p, i): Late[] => {
    const cells = (b.rows ?? []).flatMap((r) => r.cells?.[i] ?? [])
    const count = cells.filter((c) => c.state === 'none' || c.state === 'open').length
    return count ? [{ form: b.form, period: p.period, due: p.due, count, late: Date.parse(p.due) < now }] : []
  }).sort((x, y) => Date.parse(x.due) - Date.parse(y.due))
  const next = all.find((x) => !x.late)
  return [...all.filter((x) => x.late), ...(next ? [next] : [])]
}

/** By how many days data of a period are older than they may be; 0 or less: they are fresh. */
export const overdueBy = (data: Period, fresh: number, now = new Date()): number =>
  Math.round((Date.parse(`${wallTime(now).slice(0, 10)}T00:00Z`) - Date.parse(`${lastDay(data)}T00:00Z`)) / 86_400_000) - fresh
