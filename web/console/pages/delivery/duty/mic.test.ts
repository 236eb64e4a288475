import { expect, it } from 'vitest'
import { draftOf } from './mic.ts'

it('lasts from the moment at which it is sent, not from when its form was filled in', () => {
  const rain = { event: '10203', severity: 'red', hours: 6, plays: 3, texts: [{ lang: 'zh', title: '', body: '', advice: '远离{place}。' }] } as unknown as Parameters<typeof draftOf>[0]
  const at = Date.parse('2026-11-28T06:00:00Z')
  const draft = draftOf(rain, 'real', { title: ' 暴雨 ', body: '口播' }, ['110105000000'], at)
  expect([draft.endsAt, draft.texts]).toEqual(['2026-11-28T12:00:00.000Z', [{ lang: 'zh', title: '暴雨', body: '口播', advice: '' }]])
})
