import { beforeAll, expect, it } from 'vitest'
import { addCatalogues, lang } from '@/shared/i18n.ts'
import { willDo } from './willdo.ts'

beforeAll(() => {
  addCatalogues(import.meta.glob('../../../shared/locales/*/{device,shared}.json', { eager: true, import: 'default' }))
  lang.value = 'zh'
})

it('says only what an import will do', () => {
  const of = (added: number, changed: number, unchanged: number, bad: number) => willDo({ added, changed, unchanged, bad })
  expect(of(3, 2, 5, 1)).toBe('将新增 3 台；修改 2 台；1 行有错，会跳过，不写入。')
  expect(of(3, 0, 0, 0)).toBe('将新增 3 台。')
  expect(of(0, 0, 12, 0)).toBe('没有要写入的：12 台都已登记，内容相同。')
  expect(of(0, 0, 0, 2)).toBe('没有要写入的；2 行有错，会跳过，不写入。')
  expect(of(0, 0, 0, 0)).toBe('没有要写入的：表里没有设备。')
})
