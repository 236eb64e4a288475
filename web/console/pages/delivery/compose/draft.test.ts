import { describe, expect, it } from 'vitest'
import { around, blanksOf, bodyOf, emptyForm, fillText, formOf, hasArea, leftBehind, useForm, type MessageView, type Template, type Version } from './draft.ts'

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
    expect(hasArea(emptyForm())).toBe(false)
  })
  it('knows which language an update left behind', () => {
    const before = [{ lang: 'zh', title: '暴雨', body: '到六点。' }, { lang: 'en', title: 'Rain', body: 'Until six.', advice: '' }] as const
    const after = (zh: string, en: string) => [{ ...before[0], body: zh, advice: '' }, { ...before[1], body: en, advice: undefined }]
    expect([after('到六点。', 'Until six.'), after('到八点。', 'Until eight.')].map((a) => leftBehind([...before], a))).toEqual([undefined, undefined])
    expect([after('到八点。', 'Until six. '), after('到六点。', 'Until eight.')].map((a) => leftBehind([...before], a))).toEqual(['en', 'zh'])
    expect(leftBehind([before[0]], after('到八点。', 'Until six.'))).toBeUndefined() // English is new
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
  })

  it('is not ready before somebody said whether it is real', () => {
    const { form: f, ready } = useForm()
    f.event = '10203'
    expect(ready.value.what).toBe(false)
    f.kind = 'terminal_drill'
    expect(ready.value.what).toBe(true)
  })
})
