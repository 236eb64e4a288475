import { expect, it } from 'vitest'
import { inReach, liesIn } from './found.ts'

const city = { path: 'cn.11.' }
const above = (...list: [code: string, level: string, path: string, name: string][]) => list.map(([code, level, path, name]) => ({ code, level, path, name, nameEn: '' }))
const nation = ['000000000000', 'nation', 'cn.', '中国'] as [string, string, string, string]

it('names the district of namesakes in the city and beyond it', () => {
  const away = { code: '120115007000', ancestors: above(nation, ['120000000000', 'city', 'cn.12.', '天津市'], ['120115000000', 'district', 'cn.12.120115.', '宝坻区']) }
  const near = { code: '110105005000', ancestors: above(nation, ['110000000000', 'city', 'cn.11.', '北京市'], ['110105000000', 'district', 'cn.11.110105.', '朝阳区']) }
  expect([away, near, { code: '1', ancestors: null }].map((r) => liesIn(r, city))).toEqual(['天津市宝坻区', '朝阳区', ''])
})
it('lets only that be chosen which the person reaches in the city', () => {
  const chaoyang = (path: string) => path.startsWith('cn.11.110105.')
  const choosable = (may: (path: string) => boolean) => ['cn.11.', 'cn.11.110105.', 'cn.11.110101.', 'cn.12.120115.120115007.'].map((path) => inReach(path, city, may))
  expect(choosable(chaoyang)).toEqual([false, true, false, false])
  expect(choosable(() => true)).toEqual([true, true, true, false])
})
