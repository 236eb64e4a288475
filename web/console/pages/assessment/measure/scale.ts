// How numbers become shades, ranks and files.

/** Bounds between at most so many classes of about as many values each. */
export function boundsOf(values: number[], classes = 5): number[] {
  const sorted = [...values].sort((a, b) => a - b)
  const bounds = Array.from({ length: classes - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / classes)]).filter((b): b is number => b !== undefined)
  return [...new Set(bounds)].filter((b) => b > sorted[0]!)
}

/** The class of a value, from 0: a bound belongs to the class above it. */
export const classOf = (value: number, bounds: number[]): number => bounds.filter((b) => value >= b).length

/** Which of the shades a class has: few classes lie as far apart as many. */
export const shadeOf = (k: number, classes: number, shades = 5): number => (classes < 2 ? Math.floor(shades / 2) : Math.round((k * (shades - 1)) / (classes - 1)))

export type Direction = 'up' | 'down' | 'none'

/** The best first, what is not known last. */
export function ranked<T>(rows: T[], value: (row: T) => number | null, direction: Direction): T[] {
  const better = direction === 'down' ? 1 : -1
  return [...rows].sort((a, b) => {
    const [x, y] = [value(a), value(b)]
    return x === null || y === null ? Number(x === null) - Number(y === null) : (x - y) * better
  })
}

/** Rows as a CSV file that spreadsheets open: quoted where needed, with the mark of UTF-8. No cell is
    taken for a formula. */
export function csvOf(rows: (string | number | null)[][]): string {
  const cell = (v: string | number | null) => {
    if (v === null) return ''
    if (typeof v === 'number') return String(v)
    const plain = /^[=+\-@\t\r]/.test(v) ? `'${v}` : v
    return /[",\n\r]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
  }
  return `\uFEFF${rows.map((r) => r.map(cell).join(',')).join('\r\n')}\r\n`
}

/** Hands a text or what a file holds to the person as a file. */
export function download(name: string, text: BlobPart, type = 'text/csv'): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
