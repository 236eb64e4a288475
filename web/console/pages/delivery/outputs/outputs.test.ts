import { beforeAll, describe, expect, it } from 'vitest'
import { addCatalogues, lang } from '@/shared/i18n.ts'
import { fitsWords, mayAgain, proofWords, settingWords, standing, terminalLines, terminalsOf } from './outputs.ts'

beforeAll(() => {
  addCatalogues(import.meta.glob('../../../../shared/locales/*/{output,compose,message,shared}.json', { eager: true, import: 'default' }))
  lang.value = 'zh'
})

describe('an output', () => {
  it.each([
    [{ enabled: false, silent: true }, 'off'],
    [{ enabled: true, silent: true, okAt: '2026-07-21T00:00:00Z', heardAt: '2026-07-21T00:00:00Z' }, 'silent'],
    [{ enabled: true, silent: false, heardAt: '2026-07-21T00:00:00Z' }, 'well'],
    [{ enabled: false, okAt: '2026-07-21T00:00:00Z' }, 'off'],
    [{ enabled: true }, 'untried'],
    [{ enabled: true, okAt: '2026-07-21T00:00:00Z' }, 'well'],
    [{ enabled: true, okAt: '2026-07-21T00:00:00Z', failedAt: '2026-07-21T00:00:01Z' }, 'failing'],
    [{ enabled: true, okAt: '2026-07-21T00:00:02Z', failedAt: '2026-07-21T00:00:01Z' }, 'well'],
    [{ enabled: true, failedAt: '2026-07-21T00:00:01Z' }, 'failing'],
  ])('that is %o stands %s', (o, want) => expect(standing({ silent: false, ...o })).toBe(want))

  it('says which messages it takes', () => {
    expect(fitsWords({})).toBe('所有消息')
    expect(fitsWords({ classes: ['emergency'], severities: ['red', 'orange'], noDrills: true })).toBe('只收应急消息；只收红色、橙色；不收演练')
    expect(fitsWords({ classes: ['emergency', 'everyday'] })).toBe('所有消息')
  })
  it('may be asked again where it failed', () => {
    expect((['failed', 'given_up', 'retrying'] as const).every((state) => mayAgain({ state }))).toBe(true)
    expect((['waiting', 'accepted', 'playing', 'done', 'superseded', 'ended'] as const).some((state) => mayAgain({ state }))).toBe(false)
  })
})

describe('what a far side said', () => {
  it.each([
    ['webhook', 'play', { status: 200, answer: 'sms-1' }, '对方应答 200；“sms-1”'],
    ['tables', 'play', { target: 'udp://127.0.0.1:5000', since: '2026-07-21T00:00:00Z', indexGapMillis: 480 }, '已在发往 udp://127.0.0.1:5000 的表里；索引表最长间隔 480 毫秒'],
    ['tables', 'cancel', { target: 'udp://127.0.0.1:5000', at: '2026-07-21T00:00:00Z' }, '已从发往 udp://127.0.0.1:5000 的表里撤下'],
    ['push', 'play', { browsers: 0, taken: 0, gone: 0, failed: 0 }, '没有人订阅这些地方'],
    ['push', 'play', { browsers: 12, taken: 11, gone: 1, failed: 0 }, '订阅 12 个，推送服务接受 11 个；1 个已退订'],
    ['adapter', 'play', { codes: 3, signed: false }, '3 个资源参与；回报没有签名'],
    ['platform', 'play', { platform: '1', ebmid: '2', state: 2, rate: '0.5' }, '播发中；覆盖 50.0%'],
    ['platform', 'play', { platform: '1', ebmid: '2', state: 0, words: 'ok' }, '“ok”'],
    ['ipterminal', 'play', { terminals: 5, connected: 4, states: { playing: 3, waiting: 2 } }, '5 台终端，4 台在线；播放中 3 台；等待 2 台'],
    ['adapter', 'play', {}, ''],
  ] as const)('of %s, %s', (kind, act, proof, want) => expect(proofWords({ kind, act, proof })).toBe(want))
})

describe('IP terminals of an output', () => {
  const list = [{ code: '61101051000010314010401', physical: 'a1b2', key: '' }, { code: '61101051000010314010402', physical: '', key: '00ff' }, { code: '61101051000010314010403', physical: '', key: '' }]
  it('are written one in a line and read again', () => {
    expect(terminalLines(list)).toBe('61101051000010314010401 a1b2\n61101051000010314010402 - 00ff\n61101051000010314010403')
    expect(terminalsOf(`${terminalLines(list)}\n\n`)).toEqual(list)
    expect(settingWords('terminals', list)).toBe(terminalLines(list))
  })
  it('have - for what they lack, in either place', () => {
    expect(terminalsOf('61101051000010314010401 a1b2 -\n61101051000010314010403 - -')).toEqual([list[0], list[2]])
  })
})
