import { expect, it, vi } from 'vitest'
import { Names, type Name } from './names.ts'
import type { Vault } from './vault.ts'

const kept: Record<string, Name> = {
  '110105000000': { zh: '朝阳区', en: 'Chaoyang District' }, '110105001000': { zh: '建外街道', en: '' }, '110105001001': { zh: '永安里社区', en: '' },
  '110116000000': { zh: '怀柔区', en: '' }, '110116001000': { zh: '泉河街道', en: '' },
}
const names = new Names({ get: vi.fn(() => Promise.resolve(kept)), put: vi.fn() } as unknown as Vault)
await names.open()

it.each([
  ['110105000000', '朝阳区', 'Chaoyang District'],
  ['110105001000', '朝阳区建外街道', '建外街道, Chaoyang District'],
  ['110105001001', '朝阳区建外街道永安里社区', '永安里社区, 建外街道, Chaoyang District'],
  ['110116001000', '怀柔区泉河街道', '怀柔区泉河街道'],
])('says as much of %s in English as in Chinese', (code, zh, en) => {
  expect([names.full(code, 'zh'), names.full(code, 'en')]).toEqual([zh, en])
})
