// The command palette reaches everything by name. Whoever has things to find registers a
// provider; what it finds is shown under its heading.
import { ref } from 'vue'

export interface Found {
  id: string
  label: string
  note?: string
  to?: string // an address to go to
  run?: () => unknown // or something to do
}

interface Provider {
  key: string // catalogue key "palette.<key>"
  find: (words: string, signal: AbortSignal) => Found[] | Promise<Found[]>
}

export const providers: Provider[] = []
export const paletteOpen = ref(false)
export const openPalette = (): void => void (paletteOpen.value = true)

/** Whether every word typed occurs in one of the texts. */
export function matches(words: string, ...texts: (string | undefined)[]): boolean {
  const hay = texts.join('\n').toLowerCase()
  return words.toLowerCase().split(/\s+/).every((w) => hay.includes(w))
}
