import { beforeAll, describe, expect, it } from 'vitest'
import { addCatalogues, has, lang } from '@/shared/i18n.ts'
import { failureNote, failureWords } from './failure.ts'

beforeAll(() => {
  addCatalogues(import.meta.glob('../shared/locales/*/shared.json', { eager: true, import: 'default' }))
  lang.value = 'zh'
})

describe('why a far side was not reached', () => {
  it.each([
    ['dial tcp 127.0.0.1:28500: connect: connection refused', '没有程序'],
    ['dial tcp: lookup gateway.example on 127.0.0.53:53: no such host', '域名'],
    ['context deadline exceeded (Client.Timeout exceeded while awaiting headers)', '没有应答'],
    ['EOF', '断开'],
    ['tls: failed to verify certificate: x509: certificate signed by unknown authority', 'HTTPS'],
    ['HTTP 401', '密钥'],
    ['HTTP 404', '地址'],
    ['HTTP 503', '对方'],
    ['HTTP 503: dial tcp: connection refused', '对方'],
    ['HTTP 401: unknown key', '密钥'],
    ['the receipt’s signature does not hold (unknown); it says 1 ok'.replace('’', "'"), '没有登记'],
    ["the receipt's signature does not hold (bad); it says 1 ok", '核验不过'],
    ['IP terminals carry sound only, and the message has none (GD/J 089 Table D.5)', '没有声音'],
    ['the tables of television carry emergency messages only (GD/J 086 table 3)', '只能带应急消息'],
    ['IP terminals take streams, and tune to nothing', '流地址'],
    ["none of its terminals is in the message's places", '没有这个通道的终端'],
    ['the platform is no longer registered', '登记册'],
  ])('%s', (said, word) => {
    expect(failureWords(said)).toContain(word)
    expect(failureWords(said)).toContain(said)
  })
  it('leaves what nobody foresaw as it was said', () => expect(failureWords('接收失败')).toBe('接收失败'))
  it('stands behind the name of the output in the queue', () => {
    expect(failureNote('短信网关：HTTP 503')).toBe('短信网关：' + failureWords('HTTP 503'))
    expect(failureNote('HTTP 503')).toBe(failureWords('HTTP 503'))
  })
  it('has every sentence in English too', () => {
    lang.value = 'en'
    for (const said of ['EOF', 'carry sound only', 'carry emergency messages only', 'tune to nothing', 'it names no place that has loudspeakers', 'the platform is no longer registered']) expect(failureWords(said)).not.toContain('failure.')
    expect(has('failure.said')).toBe(true)
    lang.value = 'zh'
  })
})
