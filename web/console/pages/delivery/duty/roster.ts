// A roster as a form holds it.

/** Times of day as people type them, "8:00, 20：00", as the server takes them. */
export const timesOf = (text: string): string[] => text.split(/[，,、\s]+/).filter(Boolean).map((x) => x.replace('：', ':').replace(/^(\d):/, '0$1:'))
