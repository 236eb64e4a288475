// The draft of a standard while it is written: items that are moved, doubled and taken out, and
// every step undone.
import { computed, ref, type ComputedRef, type Ref } from 'vue'
import type { Content, Item } from './words.ts'

export const copyOf = <T>(v: T): T => JSON.parse(JSON.stringify(v)) as T

/** A key that no other item has. */
export function freshKey(items: Pick<Item, 'key'>[], like = 'item'): string {
  const taken = new Set(items.map((i) => i.key))
  const stem = like.replace(/-\d+$/, '').slice(0, 32)
  for (let n = like === 'item' ? items.length + 1 : 2; ; n++) {
    const key = `${stem}-${n}`
    if (!taken.has(key)) return key
  }
}

/** An item of which nothing is said yet. */
export const blankItem = (items: Pick<Item, 'key'>[]): Item => ({
  key: freshKey(items), headingZh: '', headingEn: '', textZh: '', textEn: '', owedByZh: '', owedByEn: '', owedToZh: '', owedToEn: '', groups: ['everyone'], medium: 'other',
  indicator: '', comparison: '', level: 'district', period: '', thresholds: [], legalZh: '', legalEn: '', noteZh: '', noteEn: '',
})

/** What is still missing of an item before it can be argued about: names of fields. */
export const missing = (it: Item): string[] =>
  (['headingZh', 'headingEn', 'textZh', 'textEn', 'owedByZh', 'owedByEn', 'owedToZh', 'owedToEn', 'legalZh'] as const).filter((f) => !it[f].trim())

/** The fields of a version that nobody has written yet, as places within it; each by the label of its field. */
export const unwritten = (c: Pick<Content, 'items'>): { place: string; item: number; label: string }[] =>
  c.items.flatMap((it, i) => missing(it).map((f) => ({ place: `content.items[${i}].${f}`, item: i, label: `std.${f.replace(/[A-Z]/g, (x) => `_${x.toLowerCase()}`)}` })))

/** Days on which a version could not begin any more, by the names of their fields. Once it is on trial, only
    the day from which it binds all counts. */
export const overDays = (c: Pick<Content, 'from' | 'pilot'>, today: string, tried = false): ('from' | 'pilot')[] => [
  ...(c.from && c.from < today ? ['from' as const] : []), ...(c.pilot?.from && !tried && c.pilot.from < today ? ['pilot' as const] : []),
]

interface Draft {
  content: Ref<Content>
  at: Ref<number>
  changed: ComputedRef<boolean>
  canUndo: ComputedRef<boolean>
  canRedo: ComputedRef<boolean>
  keep: () => void
  undo: () => void
  redo: () => void
  move: (by: 1 | -1) => void
  duplicate: () => void
  add: () => void
  remove: () => void
  saved: () => void
}

/** A draft that begins from what is kept. Call keep after a field changed. */
export function useDraft(from: Content): Draft {
  const content = ref(copyOf(from))
  const at = ref(0)
  const kept = ref(JSON.stringify(from))
  const past = ref([kept.value])
  const ahead = ref<string[]>([])
  const text = computed(() => JSON.stringify(content.value))
  function keep(): void {
    if (text.value === past.value.at(-1)) return
    past.value = [...past.value, text.value].slice(-200)
    ahead.value = []
  }
  function show(state: string): void {
    content.value = JSON.parse(state) as Content
    at.value = Math.max(0, Math.min(at.value, content.value.items.length - 1))
  }
  function undo(): void {
    keep()
    const now = past.value.at(-1)
    const before = past.value.at(-2)
    if (!now || !before) return
    past.value = past.value.slice(0, -1)
    ahead.value = [...ahead.value, now]
    show(before)
  }
  function redo(): void {
    const next = ahead.value.at(-1)
    if (!next) return
    ahead.value = ahead.value.slice(0, -1)
    past.value = [...past.value, next]
    show(next)
  }
  function change(act: (items: Item[]) => void): void {
    keep()
    act(content.value.items)
    keep()
  }
  return {
    content, at, keep, undo, redo,
    changed: computed(() => text.value !== kept.value),
    canUndo: computed(() => past.value.length > 1 || text.value !== past.value.at(-1)),
    canRedo: computed(() => ahead.value.length > 0),
    move: (by) => change((items) => {
      const to = at.value + by
      const it = items[at.value]
      if (!it || to < 0 || to >= items.length) return
      items.splice(at.value, 1)
      items.splice(to, 0, it)
      at.value = to
    }),
    duplicate: () => change((items) => {
      const it = items[at.value]
      if (!it) return
      items.splice(at.value + 1, 0, { ...copyOf(it), key: freshKey(items, it.key) })
      at.value += 1
    }),
    add: () => change((items) => {
      at.value = Math.min(at.value + 1, items.length)
      items.splice(at.value, 0, blankItem(items))
    }),
    remove: () => change((items) => {
      items.splice(at.value, 1)
      at.value = Math.max(0, Math.min(at.value, items.length - 1))
    }),
    saved: () => { kept.value = text.value },
  }
}
