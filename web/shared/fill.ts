// Values into sentences, in a file of its own for the doors that have no Vue.
export type Lang = 'zh' | 'en'
export type Args = Record<string, string | number | undefined>

const grouped = { zh: new Intl.NumberFormat('zh-CN'), en: new Intl.NumberFormat('en-GB') }

/** Fills the values into a sentence; numbers are grouped, missing values stay visible. */
export function fill(sentence: string, args: Args, of: Lang): string {
  return sentence.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (whole, name: string, one?: string, other?: string) => {
    const value = args[name]
    if (value === undefined) return whole
    if (one !== undefined) return (Number(value) === 1 ? one : other) ?? ''
    return typeof value === 'number' ? grouped[of].format(value) : value
  })
}
