// A table of links that is one stop of the Tab key: arrows go from one to the next.

export type Place = [row: number, column: number]
const steps: Record<string, Place> = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }

/** Where a key leads from a place: over gaps to the next link that way; undefined where there is none. */
export function walked(key: string, [row, column]: Place, rows: number, columns: number, has: (row: number, column: number) => boolean): Place | undefined {
  const [down, right] = steps[key] ?? [0, 0]
  if (!down && !right) return undefined
  for (let [r, c] = [row + down, column + right]; r >= 0 && c >= 0 && r < rows && c < columns; [r, c] = [r + down, c + right]) if (has(r, c)) return [r, c]
  return undefined
}

/** Where the Tab key comes in: where one was last, or else the last row that has a link, and its first. */
export function entrance(last: Place | undefined, rows: number, columns: number, has: (row: number, column: number) => boolean): Place | undefined {
  if (last && has(...last)) return last
  for (let r = rows - 1; r >= 0; r--) for (let c = 0; c < columns; c++) if (has(r, c)) return [r, c]
  return undefined
}
