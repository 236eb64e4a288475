// What a household chose, and what its set was told when it was set up.
import type { Trust } from '@/shared/wire/frame.ts'
import { hex, unbase64 } from '@/shared/wire/bytes.ts'
import { severityWords, type SeverityWord } from '@/shared/terminal/stage.ts'
import type { Lang } from '@/shared/terminal/words.ts'

export interface Settings {
  region: string
  lang: Lang
  large: boolean
  set: string // a number by which the set is counted once, made here
  issuers: Trust['issuers'] // pinned: a later answer does not change them
  full: SeverityWord // least severity that takes the whole screen
  hold: number // ms
}

export interface Told { issuers: Trust['issuers']; full: SeverityWord; hold: number }

/** Asks the platform whom to believe and how to show; undefined where it cannot be reached. */
export async function askTrust(): Promise<Told | undefined> {
  try {
    const response = await fetch('/api/public/tv/trust', { signal: AbortSignal.timeout(10_000) })
    if (!response.ok) return undefined
    const t = (await response.json()) as { issuers: { number: string; key: string }[]; fullScreen: string; hold: number }
    return {
      issuers: Object.fromEntries(t.issuers.map((i) => [i.number, hex(unbase64(i.key))])),
      full: severityWords.find((w) => w === t.fullScreen) ?? 'orange', hold: t.hold,
    }
  } catch {
    return undefined
  }
}

export const newSet = (): string => hex(crypto.getRandomValues(new Uint8Array(16)))

export interface Region { code: string; name: string; nameEn: string }

/** The regions within another, or the city itself without one; undefined where they cannot be had. */
export async function regions(parent?: string): Promise<Region[] | undefined> {
  try {
    if (!parent) {
      const city = (await (await fetch('/api/city')).json()) as { root: string; name: string; nameEn: string }
      return [{ code: city.root, name: city.name, nameEn: city.nameEn }]
    }
    const response = await fetch(`/api/regions?parent=${parent}&limit=500`)
    return response.ok ? ((await response.json()) as { items: Region[] }).items : undefined
  } catch {
    return undefined
  }
}
