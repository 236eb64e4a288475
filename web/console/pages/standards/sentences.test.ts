import { beforeAll, describe, expect, it } from 'vitest'
import { addCatalogues, lang } from '@/shared/i18n.ts'
import { conductChanges, escalationChanges } from './changes.ts'
import type { Conduct, Escalation } from './rules.ts'
import { drillsSentence, escalationSentence, quietSentence, verdictWord } from './sentences.ts'

beforeAll(() => {
  addCatalogues(import.meta.glob('../../../shared/locales/*/{standards,compose,message,region,shared}.json', { eager: true, import: 'default' }))
  lang.value = 'zh'
})

const row: Escalation = { id: 'a', nameZh: '甲', nameEn: 'A', class: 'emergency', severities: ['red', 'orange'], after: 60, share: 90, tier: 2, tellDuty: true }
const conduct: Conduct = { quiet: { from: '22:00', until: '06:30', severities: ['blue', 'unknown'], everyday: true }, retain: 366 }

describe('rules in words', () => {
  it('say what an escalation does', () => {
    expect(escalationSentence(row)).toBe('应急红色或橙色消息播出 1 分钟后，某个乡镇街道播响的终端不到 90%：换用后备第 2 级通道、通知值班。')
    expect(escalationSentence({ ...row, class: undefined, severities: undefined, after: 45, drills: true, tier: undefined, tellDuty: undefined, repair: true })).toBe('所有消息（演练也算）播出 45 秒后，某个乡镇街道播响的终端不到 90%：报修。')
    lang.value = 'en'
    expect(escalationSentence(row)).toBe('Red or orange emergency messages, 1 minute after they began, in a township where under 90 % of the terminals have sounded them: reserve outputs of tier 2, tell whoever is on duty.')
    lang.value = 'zh'
  })
  it('say when minor messages wait', () => {
    expect(quietSentence(conduct.quiet)).toBe('22:00 到次日 06:30，日常消息和蓝色或不分级应急消息等待。')
    expect(quietSentence({ ...conduct.quiet, from: '12:00', until: '14:00', everyday: false, severities: ['blue'] })).toBe('12:00 到 14:00，蓝色应急消息等待。')
    expect(quietSentence({ ...conduct.quiet, until: '22:00' })).toBe('没有安静时段：任何消息随时可播。')
  })
  it('say how many drills are owed', () => {
    expect(drillsSentence({ due: [], remind: 0, alone: false })).toBe('不要求演练次数。不提醒。到时由人开始。')
    expect(drillsSentence({ due: [{ level: 'city', perYear: 2 }, { level: 'district', perYear: 4 }], remind: 24, alone: true })).toBe('每年演练：每个市 2 次、每个区 4 次。提前 24 小时提醒值班。到时自动开始。')
    lang.value = 'en'
    expect(drillsSentence({ due: [{ level: 'district', perYear: 1 }], remind: 1, alone: false })).toBe('Drills a year: 1 for each district. Whoever is on duty is reminded 1 hour before. Somebody begins each.')
    lang.value = 'zh'
  })
  it('say what went out alone', () => expect(verdictWord({ allow: true, approvals: 1, alone: 600 })).toBe('1 人会签，10 分钟无人会签则自动播发'))
})

describe('changes', () => {
  it('of the escalations are told row by row', () => {
    expect(escalationChanges([row], [row])).toEqual([])
    expect(escalationChanges([], [row])).toEqual(['删除“甲”'])
    expect(escalationChanges([row], [])[0]).toMatch(/^新增：应急红色/)
    expect(escalationChanges([{ ...row, share: 80 }], [row])[0]).toMatch(/不到 90%.*改为.*不到 80%/)
    expect(escalationChanges([{ ...row, nameZh: '乙' }], [row])).toEqual(['修改“乙”的条件或名称'])
  })
  it('of conduct are told one by one', () => {
    expect(conductChanges(conduct, conduct)).toEqual([])
    expect(conductChanges({ ...conduct, retain: 200, retainEveryday: 366 }, conduct)).toEqual(['记录保存期：366 天 改为 200 天'])
    expect(conductChanges({ ...conduct, retainEveryday: 200 }, conduct)).toEqual(['日常播出保存期：366 天 改为 200 天'])
    expect(conductChanges({ ...conduct, drills: { due: [{ level: 'city', perYear: 1 }], remind: 24, alone: false } }, conduct)[0]).toMatch(/不要求演练次数.*改为.*每个市 1 次/)
    expect(conductChanges({ ...conduct, quiet: { ...conduct.quiet, everyday: false } }, conduct)).toHaveLength(1)
  })
})
