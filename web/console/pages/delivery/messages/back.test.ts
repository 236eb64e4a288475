import { describe, expect, it } from 'vitest'
import { mayBeBack, sentBack, sentBackTo } from './back.ts'

const person = (id: string) => ({ id, name: id })
const message = (state: string, rejection?: object) => ({
  createdBy: person('li'), open: { state, editors: [person('li'), person('wang')], checkedBy: person('zhao'), ...(rejection && { rejection }) },
}) as unknown as Parameters<typeof sentBackTo>[0]
const why = { by: person('chen'), reason: '地点不对', at: '2026-11-28T06:00:00Z' }

describe('a message that was sent back', () => {
  it('is a draft with a reason, until it is submitted again', () => {
    expect(sentBack(message('draft', why))).toEqual(why)
    expect([sentBack(message('draft')), sentBack(message('checked', why)), sentBack(undefined), sentBack({ createdBy: person('li') })]).toEqual([undefined, undefined, undefined, undefined])
  })
  it('came back to all who wrote or submitted it, and to nobody else', () => {
    expect(['li', 'wang', 'zhao', 'chen', ''].map((p) => sentBackTo(message('draft', why), p))).toEqual([true, true, true, false, false])
    expect(sentBackTo(message('draft'), 'li')).toBe(false)
  })
  it('is looked for among what is being written only', () => {
    expect([mayBeBack({ state: 'draft' }), mayBeBack({ state: 'in_progress', update: 'draft' }), mayBeBack({ state: 'in_progress', update: 'checked' }), mayBeBack({ state: 'ended' })]).toEqual([true, true, false, false])
  })
})
