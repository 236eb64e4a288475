// What a list shows: its columns, which of them a person chose, and the views they saved.
import { ref, watch, type Ref } from 'vue'
import type { LocationQuery, LocationQueryRaw } from 'vue-router'

export interface Column<T> {
  key: string
  title: string
  /** Plain text of the cell; a slot "cell-<key>" may draw it instead. */
  text?: (row: T) => string
  width?: string
  numeric?: boolean
  /** Hidden until chosen. */
  optional?: boolean
  /** Always shown. */
  fixed?: boolean
  /** Kept, when chosen, while a detail stands beside the list. */
  near?: boolean
  /** Beside a detail it takes what room the others leave, and is cut short. */
  grow?: boolean
}

export interface SavedView {
  name: string
  query: Record<string, string>
  columns: string[]
}

function kept<T>(key: string, otherwise: T): T {
  try {
    return (JSON.parse(localStorage.getItem(key) ?? 'null') as T | null) ?? otherwise
  } catch {
    return otherwise
  }
}

function keeping<T>(key: string, otherwise: T): Ref<T> {
  const value = ref(kept(key, otherwise)) as Ref<T>
  watch(value, (v) => localStorage.setItem(key, JSON.stringify(v)), { deep: true })
  return value
}

/** Keys of the columns that are shown in a list; remembered on this machine. */
export const chosenColumns = (list: string, columns: Column<never>[]): Ref<string[]> =>
  keeping(`tongsheng.columns.${list}`, columns.filter((c) => !c.optional).map((c) => c.key))

/** The views that were saved of a list; remembered on this machine. */
export const savedViews = (list: string): Ref<SavedView[]> => keeping(`tongsheng.views.${list}`, [])

/** The filters in an address: every query value that is a plain, non-empty word. */
export function filtersOf(query: LocationQuery): Record<string, string> {
  return Object.fromEntries(
    Object.entries(query).filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== ''),
  )
}

/** The address with one filter set or, when empty, taken away. */
export function withFilter(query: LocationQuery, key: string, value: string | undefined): LocationQueryRaw {
  const next: LocationQueryRaw = { ...query }
  if (value) next[key] = value
  else delete next[key]
  return next
}

/** Where the keyboard moves to among count rows; -1 is none. */
export function moved(at: number, key: string, count: number): number {
  if (count === 0) return -1
  switch (key) {
    case 'ArrowDown': case 'j': return Math.min(count - 1, at + 1)
    case 'ArrowUp': case 'k': return Math.max(0, at - 1)
    case 'Home': return 0
    case 'End': return count - 1
    case 'PageDown': return Math.min(count - 1, at + 15)
    case 'PageUp': return Math.max(0, at - 15)
  }
  return at
}
