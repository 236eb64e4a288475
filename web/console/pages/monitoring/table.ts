// A small table as a CSV file, as spreadsheets read it.

/** A cell that no spreadsheet runs as a formula nor rounds as a number. */
function cell(value: string): string {
  const guarded = /^[=+\-@\t\r]/.test(value) || (value.length > 15 && /^\d+$/.test(value)) ? `'${value}` : value
  return /[",\n\r]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded
}

/** Rows as CSV, with a mark in front so that spreadsheets see UTF-8. */
export const csvOf = (rows: string[][]): string => `\ufeff${rows.map((r) => r.map(cell).join(',')).join('\r\n')}\r\n`

/** Gives a table to the person as a file. */
export function saveTable(name: string, rows: string[][]): void {
  const url = URL.createObjectURL(new Blob([csvOf(rows)], { type: 'text/csv;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
