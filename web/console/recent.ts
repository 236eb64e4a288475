// Templates that were used on this machine, the last first: quick launch shows them first.
const stored = 'tongsheng.templates'

/** Keys of recently used templates. */
export function recentTemplates(): string[] {
  try {
    return (JSON.parse(localStorage.getItem(stored) ?? '[]') as string[]).slice(0, 8)
  } catch {
    return []
  }
}

/** Remembers that a template was used. */
export function noteTemplate(key: string): void {
  localStorage.setItem(stored, JSON.stringify([key, ...recentTemplates().filter((k) => k !== key)].slice(0, 8)))
}
