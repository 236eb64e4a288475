import { expect, it } from 'vitest'
import { addCatalogues } from '@/shared/i18n.ts'
import { fieldsOf, objectOf, placesIn } from './record.ts'

const place = (code: string) => `〈${code}〉`

it('says the fields that people ask for, and nothing of the rest', () => {
  const handed = { action: 'alert.hand_on', object: 'alert:01X', detail: { handoff: '01Y', party: '维修三班', contact: '010-5550100', note: '', devices: 4, township: '110101001000' } }
  expect(fieldsOf(handed, place).map((f) => [f.key, f.value])).toEqual([['party', '维修三班'], ['contact', '010-5550100'], ['township', '〈110101001000〉'], ['devices', '4']])
  expect(placesIn(handed)).toEqual(['110101001000'])
  const attached = { action: 'alert.attach', object: 'alert:01X', detail: { version: 1, sounds: [], attachments: [{ name: '积水点.png', sm3: 'ab' }] } }
  expect(fieldsOf(attached, place).map((f) => f.value)).toEqual(['1', '积水点.png'])
  const granted = { action: 'account.grant_add', object: 'account:01Z', detail: { grant: '01G', role: 'viewer', regionPath: 'cn.11.' } }
  expect([placesIn(granted), fieldsOf(granted, place)[0]!.value]).toEqual([['110000000000'], '〈110000000000〉'])
  const refused = { action: 'account.second_factor_failed', object: 'account:01Z', detail: { method: 'totp', reason: 'account.code_wrong' } }
  addCatalogues({ './zh/x.json': { 'audit.refused.account.code_wrong': '口令不对' } })
  expect(fieldsOf(refused, place)[0]!.value).toBe('口令不对')
  expect(fieldsOf({ action: 'alert.begin', object: 'alert:01X', detail: {} }, place)).toEqual([])
})

it('knows what a record is about', () => {
  expect(objectOf({ action: '', object: 'alert:01X', detail: { title: '暴雨' } })).toEqual({ kind: 'alert', id: '01X', name: '暴雨' })
  expect(objectOf({ action: '', object: 'audit', detail: {} })).toEqual({ kind: 'audit', id: '', name: '' })
})
