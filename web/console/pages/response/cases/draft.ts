// What was typed into a form and not sent yet, kept on this machine for a week: nothing about
// people, nothing sealed, and nothing of somebody else who uses this browser.
import { keepable, type Data, type Field } from '@/shared/case/field.ts'
import { user } from '../../../session.ts'

const week = 7 * 24 * 3600_000

export function useDraft(name: string, fields: readonly Field[]): { kept: Data; found: boolean; keep: (data: Data) => void; forget: () => void } {
  const key = `tongsheng.draft.${user.value?.id ?? ''}.${name}`
  let kept: Data = {}
  try {
    const { at, data } = JSON.parse(localStorage.getItem(key) ?? '{}') as { at?: number; data?: Data }
    if (at && data && Date.now() - at < week) kept = keepable(fields, data)
  } catch { /* a draft that cannot be read is none */ }
  let timer: ReturnType<typeof setTimeout> | undefined
  return {
    kept, found: Object.keys(kept).length > 0,
    keep(data) {
      clearTimeout(timer)
      timer = setTimeout(() => localStorage.setItem(key, JSON.stringify({ at: Date.now(), data: keepable(fields, data) })), 400)
    },
    forget() {
      clearTimeout(timer)
      localStorage.removeItem(key)
    },
  }
}
