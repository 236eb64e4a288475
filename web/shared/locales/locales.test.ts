import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addCatalogues, fill, lang, t } from '../i18n.ts'

const here = import.meta.dirname
const web = join(here, '../..')
const read = (of: string): Record<string, string> =>
  Object.assign({}, ...readdirSync(join(here, of)).map((f) => JSON.parse(readFileSync(join(here, of, f), 'utf8')) as object))

function sources(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((e) => {
    if (e.name === 'node_modules' || e.name === 'dist') return []
    const path = join(dir, e.name)
    if (e.isDirectory()) return sources(path)
    return /\.(vue|ts)$/.test(e.name) && !/\.test\.ts$/.test(e.name) && statSync(path).size > 0 ? [path] : []
  })
}

describe('catalogues', () => {
  const zh = read('zh')

  it('hold every key that the pages write out', () => {
    const missing = sources(web).flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(/[^\w]t\(\s*'([\w.-]+)'/g)].map((m) => m[1]!).filter((key) => !(key in zh)).map((key) => `${path}: ${key}`))
    expect(missing).toEqual([])
  })
  it('hold no key twice', () => {
    for (const of of ['zh', 'en']) {
      const all = readdirSync(join(here, of)).flatMap((f) => Object.keys(JSON.parse(readFileSync(join(here, of, f), 'utf8')) as object))
      expect(all.filter((k, i) => all.indexOf(k) !== i)).toEqual([])
    }
  })
})

describe('sentences', () => {
  it('are filled, grouped and numbered', () => {
    expect(fill('{count} {count|device|devices} of {total}', { count: 1, total: 12345 }, 'en')).toBe('1 device of 12,345')
    expect(fill('{count} {count|device|devices}', { count: 2 }, 'en')).toBe('2 devices')
    expect(fill('{name} {gone}', { name: '甲' }, 'zh')).toBe('甲 {gone}')
  })
  it('fall back to Chinese, then to the key', () => {
    addCatalogues({ './zh/x.json': { 'test.only': '只有中文' } })
    lang.value = 'en'
    expect(t('test.only')).toBe('只有中文')
    expect(t('test.none')).toBe('test.none')
    lang.value = 'zh'
  })
})
