import { beforeAll, describe, expect, it } from 'vitest'
import { addCatalogues, lang } from '@/shared/i18n.ts'
import { aloneTag, whyAlone, type Alone } from './alone.ts'

beforeAll(() => {
  addCatalogues(import.meta.glob('../../../../shared/locales/*/{message,shared}.json', { eager: true, import: 'default' }))
  lang.value = 'zh'
})

const alone = (over: Partial<Alone>): Alone => ({ nameZh: '气象台等五分钟', nameEn: 'After five minutes', need: 0, have: 0, waits: 0, review: 'wanted', ...over })

describe('what went out alone', () => {
  it('names the rule, and how long it waited for whom', () => {
    expect(whyAlone(alone({}))).toContain('“气象台等五分钟”不要求会签')
    expect(whyAlone(alone({ need: 2, have: 1, waits: 300 }))).toMatch(/“气象台等五分钟”要求 2 人会签，等了.*只有 1 人/)
    expect(whyAlone(alone({ nameZh: undefined }))).toContain('签发平台的规则')
  })
  it('asks for a review in a list, and says nothing of what was approved beforehand', () => {
    expect([aloneTag(alone({})), aloneTag(alone({ review: 'done' })), aloneTag(alone({ review: 'approved' })), aloneTag(undefined)]).toEqual(['未经会签，待复核', '未经会签，已复核', '', ''])
  })
})
