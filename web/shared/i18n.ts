// The sentences people read: one catalogue file per language and subject, flat keys,
// Chinese first, English complete (internal/archtest compares them). A sentence names its
// values in braces: "{count} of {total}". English number forms: "{count} {count|device|devices}".
import { ref, watchEffect } from 'vue'
import { fill, type Args, type Lang } from './fill.ts'

export { fill, type Lang }

type Catalogue = Record<string, string>

const catalogues: Record<Lang, Catalogue> = { zh: {}, en: {} }
const stored = 'tongsheng.lang'

function wanted(): Lang {
  const kept = globalThis.localStorage?.getItem(stored)
  if (kept === 'zh' || kept === 'en') return kept
  const first = globalThis.navigator?.languages?.find((l) => /^(zh|en)/i.test(l))
  return first?.toLowerCase().startsWith('en') ? 'en' : 'zh'
}

/** The language in use; setting it re-renders everything said through t. */
export const lang = ref<Lang>(wanted())

/** Remembers a language a person chose. */
export function chooseLang(next: Lang): void {
  lang.value = next
  globalThis.localStorage?.setItem(stored, next)
}

if (globalThis.document) {
  watchEffect(() => (document.documentElement.lang = lang.value === 'zh' ? 'zh-CN' : 'en'))
}

/** Adds catalogue files as import.meta.glob gives them: path → sentences. */
export function addCatalogues(files: Record<string, Catalogue>): void {
  for (const [path, sentences] of Object.entries(files)) {
    const of = /\/(zh|en)\/[^/]+$/.exec(path)?.[1] as Lang | undefined
    if (of) Object.assign(catalogues[of], sentences)
  }
}

/** Says a key. A key without a sentence is shown as it is, so that nothing is ever silent. */
export function t(key: string, args: Args = {}): string {
  return fill(catalogues[lang.value][key] ?? catalogues.zh[key] ?? key, args, lang.value)
}

/** Whether a sentence exists; for codes that come from the server. */
export const has = (key: string): boolean => key in catalogues[lang.value]

/** The keys of sentences that look like this. */
export const keysOf = (like: RegExp): string[] => Object.keys(catalogues.zh).filter((key) => like.test(key))

/** What a written language is called in the reader's own: 英文, Chinese; its tag where nobody has a name for it. */
export function languageWord(tag: string): string {
  try {
    const word = new Intl.DisplayNames([lang.value === 'zh' ? 'zh-CN' : 'en-GB'], { type: 'language' }).of(tag) ?? tag
    if (word === tag && has(`language.${tag}`)) return t(`language.${tag}`) // browsers know fewer names than we offer
    return word === '英语' ? '英文' : word // what is spoken
  } catch {
    return tag
  }
}

/** What carries its name in both languages; the English may be missing. */
interface Named {
  name?: string
  nameZh?: string
  zh?: string
  nameEn?: string | null
  en?: string
}

/** The name of a thing that carries both languages, in the one in use. */
export const nameOf = (thing: Named): string =>
  (lang.value === 'en' && (thing.nameEn || thing.en)) || (thing.name ?? thing.nameZh ?? thing.zh ?? '')

/** The language of that name, where it is not the one in use: for the attribute lang. */
export const langOfName = (thing: Named): 'zh-CN' | undefined =>
  lang.value === 'en' && !thing.nameEn && !thing.en ? 'zh-CN' : undefined
