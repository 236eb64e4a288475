// What places are called. Names are asked for once and kept, so that a message says where it
// holds also when the network is gone.
import { covers, prefix, type Area } from '../wire/area.ts'
import type { Vault } from './vault.ts'
import { say, type Lang } from './words.ts'

export interface Name { zh: string; en: string }

interface Region { code: string; level: string; name: string; nameEn: string; centre?: [number, number]; ancestors?: Region[] }

const key = 'names'

export class Names {
  private known: Record<string, Name> = {}
  private readonly asking = new Map<string, Promise<void>>()

  constructor(private readonly vault: Vault) {}

  async open(): Promise<void> { this.known = (await this.vault.get<Record<string, Name>>(key)) ?? {} }

  of(code: string): Name | undefined { return this.known[code] }

  /** The name of a place with what it lies in, the district downwards. */
  full(code: string, lang: Lang): string {
    const above = [6, 9].map((n) => code.slice(0, n).padEnd(12, '0')).filter((c) => c !== code && covers(c, code) && prefix(c).length >= 6)
    const names = [...above, code].map((c) => this.known[c]).filter((n) => n !== undefined)
    if (lang === 'zh' || names.every((n) => n.en === '')) return names.map((n) => n.zh).join('')
    return names.map((n) => n.en || n.zh).reverse().join(', ') // what has no English name stands by its own
  }

  /** Asks for what is not known yet; resolves when it is, or cannot be had. */
  async learn(codes: string[]): Promise<boolean> {
    const missing = codes.filter((c) => !this.known[c])
    if (missing.length === 0) return false
    await Promise.all(missing.map((c) => {
      if (!this.asking.has(c)) this.asking.set(c, this.ask(c).finally(() => this.asking.delete(c)))
      return this.asking.get(c)
    }))
    return missing.some((c) => this.known[c])
  }

  private async ask(code: string): Promise<void> {
    try {
      const response = await fetch(`/api/regions/${code}`, { signal: AbortSignal.timeout(10_000) })
      if (!response.ok) return
      const r = (await response.json()) as Region
      for (const x of [r, ...(r.ancestors ?? [])]) this.known[x.code] = { zh: x.name, en: x.nameEn }
      await this.vault.put(key, this.known)
    } catch {
      // it is asked again with the next message
    }
  }

  /** Where a message holds, as people say it: three places at most, or the place here. */
  places(area: Area, here: string, lang: Lang): string {
    const codes = [...(area.regions ?? [])].sort((a, b) => Number(covers(b, here)) - Number(covers(a, here)))
    const names = [...new Set(codes.map((c) => this.full(c, lang)).filter((n) => n !== ''))]
    if (names.length === 0) return this.full(here, lang)
    const shown = names.slice(0, 3).join(lang === 'zh' ? '、' : '; ')
    return names.length > 3 ? say(lang, 'door.places', { places: shown, count: names.length }) : shown
  }

  /** The codes that a message's words need. */
  needed(area: Area, from: string): string[] {
    return [...new Set([...(area.regions ?? []).slice(0, 8), from.slice(1, 13)])]
  }
}
