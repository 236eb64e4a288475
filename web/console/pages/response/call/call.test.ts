import { describe, expect, it } from 'vitest'
import type { CaseType, Field } from '@/shared/case/field.ts'
import { callerFields, distance, spelled, suggested } from './call.ts'

const type = (code: string, keywords: string[]) => ({ type: code, public: { start: 's', keywords } }) as unknown as CaseType
const field = (id: string, more: Partial<Field> = {}): Field => ({ id, title: { zh: id, en: id }, type: 'string', schema: {}, ...more })

describe('the operator’s screen', () => {
  const types = [type('repair', ['维修', '大喇叭', 'loudspeaker']), type('complaint', ['投诉', '吵'])]
  it('suggests what the caller speaks of, the best first', () => {
    expect(suggested('村口的大喇叭太吵', types).map((x) => x.type)).toEqual(['repair', 'complaint'])
    expect(suggested('the Loudspeaker is silent', types).map((x) => x.type)).toEqual(['repair'])
    expect(suggested('你好', types)).toEqual([])
  })
  it('asks telephone, name and words itself', () => {
    const fields = [field('kind', { options: [{ value: 'a', title: { zh: 'a', en: 'a' } }] }), field('what', { long: true }), field('name', { personal: true }), field('phone', { personal: true, format: 'phone' })]
    const { phone, name, words } = callerFields(fields)
    expect([phone?.id, name?.id, words?.id]).toEqual(['phone', 'name', 'what'])
  })
  it('spells a number', () => expect(spelled('WX2026-000012')).toEqual(['W X 2 0 2 6', '0 0 0 0 1 2']))
  it('knows what is near', () => expect(Math.round(distance({ lon: 116.4, lat: 39.9 }, { lon: 116.4, lat: 40 }))).toBe(11))
})
