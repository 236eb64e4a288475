// A text cut into pages that fit, and how long people take to read one.
import type { Lang } from './words.ts'

/** Where a page may end, the best place first: a paragraph, a sentence, a clause, a word, and
    within Chinese anywhere but before what closes. */
const ends = [/\n/gu, /[。！？；!?;]["”’」』）)]*|\.(?=\s)/gu, /[，、：]|[,:](?=\s)/gu, /\s/gu, /[\u2e80-\u9fff\uff00-\uffef](?![，。、；：！？”’」』）》〉】])/gu]

/** Cuts a text into pages, each of which fits says fits. A page ends with a sentence in its
    second half or a clause in its last third, so that no page is left half empty for the sake of a paragraph. */
export function paginate(text: string, fits: (page: string) => boolean): string[] {
  const pages: string[] = []
  let rest = text.trim()
  while (rest !== '') {
    if (fits(rest)) return [...pages, rest]
    let [least, most] = [1, rest.length] // longest beginning that fits, by halving
    while (least < most) {
      const middle = Math.ceil((least + most) / 2)
      if (fits(rest.slice(0, middle))) least = middle
      else most = middle - 1
    }
    const cut = breakBefore(rest, least)
    pages.push(rest.slice(0, cut).trim())
    rest = rest.slice(cut).trim()
  }
  return pages.filter((p) => p !== '')
}

function breakBefore(text: string, most: number): number {
  const window = text.slice(0, most)
  for (const [i, pattern] of ends.entries()) {
    const from = i < 2 ? Math.floor(most / 2) : i < ends.length - 1 ? Math.floor((most * 2) / 3) : 0
    let at = 0
    for (const m of text.matchAll(pattern)) {
      const end = m.index + m[0].length
      if (end > window.length) break
      if (end > from) at = end
    }
    if (at > 0) return at
  }
  // Nothing to break at: only never in the middle of a character of two units.
  const high = text.charCodeAt(most - 1)
  return high >= 0xd800 && high < 0xdc00 && most > 1 ? most - 1 : most
}

/** How long a page stands, ms: five Chinese characters or two and a half English words a second,
    which those who read slowly keep up with, and never under six seconds. */
export function readingTime(page: string, lang: Lang): number {
  const seconds = lang === 'zh' ? [...page].length / 5 : page.split(/\s+/).length / 2.5
  return Math.max(6, seconds + 1) * 1000
}
