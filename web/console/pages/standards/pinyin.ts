// Pinyin with tone numbers as it is typed, and with tone marks as people read it.
const marks: Record<string, string> = { a: 'āáǎà', e: 'ēéěè', i: 'īíǐì', o: 'ōóǒò', u: 'ūúǔù', ü: 'ǖǘǚǜ' }

// The mark stands on a or e, else on the o of ou, else on the last vowel (GB/T 16159).
function seat(syllable: string): number {
  for (const c of ['a', 'e']) if (syllable.includes(c)) return syllable.indexOf(c)
  if (syllable.includes('ou')) return syllable.indexOf('o')
  return Math.max(...[...'iouü'].map((c) => syllable.lastIndexOf(c)))
}

/** "hui2 long2 guan4" as "huí lóng guàn"; what is no syllable with a tone stays as it is. */
export const toned = (pinyin: string): string =>
  pinyin.trim().toLowerCase().replace(/u:|v/g, 'ü').replace(/([a-zü]+)([1-5])/g, (_, syllable: string, tone: string) => {
    const at = seat(syllable)
    const mark = marks[syllable[at] ?? '']?.[Number(tone) - 1]
    return mark ? syllable.slice(0, at) + mark + syllable.slice(at + 1) : syllable
  })
