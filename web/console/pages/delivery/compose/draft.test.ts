import { describe, expect, it } from 'vitest'
import { wallTime, zone } from '@/shared/clock.ts'
import { around, blanksOf, bodyOf, chineseInEnglish, emptyForm, fillText, formOf, hasArea, isNumber, leftBehind, likeOf, timeWords, useForm, type MessageView, type Template, type Version } from './draft.ts'

const template: Template = {
  key: 'rain', class: 'emergency', event: '10203', severity: 'red', nameZh: '暴雨', nameEn: 'Rain', hours: 6, plays: 3,
  texts: [{ lang: 'zh', title: '暴雨红色预警', body: '{place}将有{amount}毫米降雨，{place}居民请注意。' }, { lang: 'en', title: 'Rain', body: '{amount} mm in {place}' }],
}

describe('a template', () => {
  it('names its blanks once', () => expect(blanksOf(template)).toEqual(['place', 'amount']))
  it('takes values by language, and leaves what is missing to be seen', () => {
    const values = { place: '密云区', 'place.en': 'Miyun' }
    expect(fillText(template.texts![0]!, values).body).toBe('密云区将有{amount}毫米降雨，密云区居民请注意。')
    expect(fillText(template.texts![1]!, values).body).toBe('{amount} mm in Miyun')
  })
  it('puts no Chinese into the English text', () => {
    const says = (values: Record<string, string>) => template.texts!.map((x) => fillText(x, { place: '密云区', 'place.en': 'Miyun', ...values }).body)
    expect(says({ amount: '一百' })).toEqual(['密云区将有一百毫米降雨，密云区居民请注意。', '{amount} mm in Miyun'])
    expect(says({ amount: '一百', 'amount.en': '100' })[1]).toBe('100 mm in Miyun')
    expect(says({ amount: '100' })[1]).toBe('100 mm in Miyun')
  })
  it('says the time at which it begins, with the day where that is another', () => {
    zone.value = 'Asia/Shanghai'
    const now = Date.parse('2026-11-28T14:05:30+08:00')
    const at = (startsAt: string, later = true) => Object.values(timeWords({ later, startsAt }, now))
    expect(at('2026-11-28T20:00', false)).toEqual(['14:05', '14:05'])
    expect(at('2026-11-28T20:00')).toEqual(['20:00', '20:00'])
    expect(at('2026-12-01T08:00')).toEqual(['12月1日08:00', '08:00 on 1 December'])
    expect([at('2026-11-28T13:00'), at('')]).toEqual([['14:05', '14:05'], ['14:05', '14:05']])
    zone.value = undefined
  })
  it('knows the blanks that take a number from those that take words', () => {
    const of = (body: string): Template => ({ ...template, texts: [{ lang: 'zh', title: '', body }] })
    const numbers = ['降雨量将达{amount}毫米以上。', '日均值将达{amount}以上，', '预计{amount}小时后恢复。', '病例{amount}例', '发生{amount}级地震', '最低气温{amount}摄氏度。']
    const words = ['朋友们：{amount}。时间：{time}。', '{amount}于{place}走失', '浓烟向{amount}方向扩散', '将举办{amount}，欢迎参加']
    expect([numbers, words].map((list) => list.map((x) => isNumber(of(x), 'amount')))).toEqual([numbers.map(() => true), words.map(() => false)])
  })
})

describe('a form', () => {
  const form = { ...emptyForm(), kind: 'real' as const, event: '10203', regions: ['110118000000'], rings: [[[116, 40], [117, 40], [117, 41]] as [number, number][]], hours: 2 }
  form.zh = { lang: 'zh', title: ' 标题 ', body: '正文', advice: ' ' }

  it('becomes what the API takes: closed rings, trimmed texts, an end', () => {
    const body = bodyOf(form)
    expect(body.area.polygons).toEqual([[[116, 40], [117, 40], [117, 41], [116, 40]]])
    expect(body.texts).toEqual([{ lang: 'zh', title: '标题', body: '正文', advice: undefined }])
    expect(Date.parse(body.endsAt) - Date.now()).toBeGreaterThan(2 * 3_600_000 - 5000)
    expect(body.startsAt).toBeUndefined()
  })
  it('has no severity for everyday messages', () => expect(bodyOf({ ...form, class: 'everyday' }).severity).toBe('unknown'))
  it('comes back from a version as it was', () => {
    const body = bodyOf(form)
    const version = { ...body, number: 1 } as unknown as Version
    const again = formOf({ kind: 'real', class: 'emergency' } as MessageView, version)
    expect([again.rings, again.regions, again.hours, again.plays]).toEqual([form.rings, form.regions, 2, 3])
    expect([0.25, 1.5].map((hours) => formOf({ kind: 'real', class: 'emergency' } as MessageView, bodyOf({ ...form, hours }) as unknown as Version).hours)).toEqual([0.25, 1.5])
    expect(hasArea(emptyForm())).toBe(false)
  })
  it('keeps the end to the minute until somebody says otherwise', () => {
    const endsAt = new Date(Date.now() + 127 * 60_000).toISOString()
    const again = formOf({ kind: 'real', class: 'emergency' } as MessageView, { ...bodyOf(form), endsAt, number: 1 } as unknown as Version)
    expect([again.hours, bodyOf(again).endsAt]).toEqual([2, endsAt])
    const minutes = (f: typeof again) => Math.round((Date.parse(bodyOf(f).endsAt) - Date.now()) / 60_000)
    expect(minutes({ ...again, hours: 3 })).toBe(180)
    expect(minutes({ ...again, later: true, startsAt: wallTime(new Date(Date.now() + 3_600_000)) })).toBeCloseTo(180, -1)
    expect(minutes(likeOf({ kind: 'real' } as MessageView, { ...bodyOf(form), endsAt, createdAt: new Date().toISOString() } as unknown as Version))).toBe(120)
    const over = formOf({ kind: 'real' } as MessageView, { ...bodyOf(form), endsAt: new Date(Date.now() - 60_000).toISOString() } as unknown as Version)
    expect(minutes(over)).toBe(15)
  })
  it('keeps how long a plan has it stand from its issue on', () => {
    const version = { ...bodyOf(form), number: 1, lasts: 20 } as unknown as Version
    const again = formOf({ kind: 'terminal_drill', class: 'emergency' } as MessageView, version)
    expect([again.lasts, bodyOf(again).lasts, bodyOf(form).lasts, likeOf({ kind: 'terminal_drill' } as MessageView, version).lasts]).toEqual([true, 20, undefined, false])
  })
  it('is written anew like one that ended, all but its dates', () => {
    const version = { ...bodyOf(form), number: 1, volume: 60, createdAt: '2026-01-02T02:00:00Z', startsAt: '2026-01-02T04:00:00Z', issuedAt: '2026-01-02T03:00:00Z', endsAt: '2026-01-02T05:31:00Z' } as unknown as Version
    const like = likeOf({ kind: 'terminal_drill', class: 'emergency' } as MessageView, version)
    expect([like.kind, like.event, like.regions, like.zh.title, like.plays, like.ownVolume, like.volume]).toEqual(['terminal_drill', '10203', ['110118000000'], '标题', 3, false, 60])
    expect([like.later, like.startsAt, like.hours, like.template]).toEqual([false, '', 1.5, ''])
    expect(likeOf({ kind: 'real' } as MessageView, { ...version, startsAt: undefined }).hours).toBe(2.5)
  })
  it('knows which language an update left behind', () => {
    const before = [{ lang: 'zh', title: '暴雨', body: '到六点。' }, { lang: 'en', title: 'Rain', body: 'Until six.', advice: '' }] as const
    const after = (zh: string, en: string) => [{ ...before[0], body: zh, advice: '' }, { ...before[1], body: en, advice: undefined }]
    expect([after('到六点。', 'Until six.'), after('到八点。', 'Until eight.')].map((a) => leftBehind([...before], a))).toEqual([undefined, undefined])
    expect([after('到八点。', 'Until six. '), after('到六点。', 'Until eight.')].map((a) => leftBehind([...before], a))).toEqual(['en', 'zh'])
    expect(leftBehind([before[0]], after('到八点。', 'Until six.'))).toBeUndefined() // English is new
  })
  it('finds Chinese in the English text, and only there', () => {
    const en = { lang: 'en', title: 'Public notice', body: 'Dear residents: 明天上午停水，10点恢复. Time: 08:00.', advice: 'Ask 居委会.' } as const
    expect(chineseInEnglish([{ lang: 'zh', title: '便民通知', body: '停水。' }, en])).toEqual(['明天上午停水，10点恢复', '居委会'])
    expect(chineseInEnglish([{ ...en, body: 'The water is off.', advice: undefined }])).toEqual([])
  })
  it('is not done with a template whose blanks are empty', () => {
    const { form: f, ready } = useForm()
    Object.assign(f, { kind: 'real', event: '10203', template: 'rain', zh: { lang: 'zh', title: '暴雨', body: '降雨量将达{amount}毫米以上。', advice: '' } })
    expect(ready.value.what).toBe(false)
    f.zh.body = '降雨量将达100毫米以上。'
    expect(ready.value.what).toBe(true)
  })

  it('tells the words around a blank, with its unit', () => {
    const text = { lang: 'zh', title: '', body: '预计未来3小时{place}降雨量将达{amount}毫米以上，山区发生山洪。' }
    expect([around(text as never, 'amount'), around(text as never, 'nothing')]).toEqual(['降雨量将达＿＿毫米以上', ''])
    expect(around({ lang: 'zh', title: '', body: '{place}的居民朋友们：{amount}。时间：{time}。' }, 'amount')).toBe('')
  })

  it('is not ready before somebody said whether it is real', () => {
    const { form: f, ready } = useForm()
    f.event = '10203'
    expect(ready.value.what).toBe(false)
    f.kind = 'terminal_drill'
    expect(ready.value.what).toBe(true)
  })
})
