import { beforeAll, expect, it } from 'vitest'
import { addCatalogues, lang } from '@/shared/i18n.ts'
import zh from '@/shared/locales/zh/message.json'
import shared from '@/shared/locales/zh/shared.json'
import { againOf, sentWord } from './again.ts'

beforeAll(() => {
  addCatalogues({ './zh/message.json': zh, './zh/shared.json': shared })
  lang.value = 'zh'
})

const sent = (more: object) => ({ sent: 0, again: 0, absent: 0, holding: 0, cancels: 0, ...more })

it('leaves out what concerns nobody', () => {
  expect(sentWord(sent({ sent: 3, again: 1, absent: 2 }), 'retry')).toBe('已向 3 台终端重发；1 台现在播出；2 台待上线后播出。')
  expect(sentWord(sent({}), 'retry')).toBe('没有需要重发的终端。')
})

it('names the cancellation where that is what was sent', () => {
  expect(sentWord(sent({ sent: 5, cancels: 5 }), 'recancel')).toBe('已向 5 台未确认解除的终端重发解除指令，不会播出声音。')
  expect([againOf({ may: ['handle', 'recancel'] }), againOf({ may: ['handle'] })]).toEqual(['recancel', undefined])
})
