import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { zone } from '@/shared/clock.ts'
import { blankForm, blanksIn, formOf, planOf } from './plan.ts'
import type { Drill } from './words.ts'

describe('the form of a plan', () => {
  beforeEach(() => { zone.value = 'Asia/Shanghai' })
  afterEach(() => { zone.value = undefined })
  const now = new Date('2026-04-30T17:30:00Z') // half past one of 1 May in the city
  it('begins tomorrow at ten by the clock of the city, wherever the planner sits', () => {
    const f = blankForm(now, [])
    expect([f.at, planOf(f).at]).toEqual(['2026-05-02T10:00', '2026-05-02T02:00:00.000Z'])
    expect(formOf({ plan: planOf(f) } as Drill).at).toBe('2026-05-02T10:00')
  })
  it('leaves out targets without a number, empty people and steps, and an empty English text', () => {
    const f = { ...blankForm(now, ['看', ' ']), name: ' 演练 ', regions: ['110105000000'], participants: [{ name: ' ', part: 'x' }] }
    f.targets.half = Number.NaN
    f.targets.most = 0
    const p = planOf(f)
    expect([p.name, p.steps, p.participants, p.scenario.texts?.map((x) => x.lang)]).toEqual(['演练', ['看'], [], ['zh']])
    expect(p.targets).toEqual({ reach: 95, nearly: 30, take: 60, sign: 120 })
  })
  it('gives back the plan that it was made of', () => {
    const f = { ...blankForm(now, ['看']), name: '演练', regions: ['110105000000'], zh: { title: '题', body: '文', advice: '' } }
    const plan = planOf(f)
    expect(planOf(formOf({ plan } as Drill))).toEqual(plan)
    const drawn = { ...plan, area: { circles: [{ center: [116, 39], radius: 500 }] } }
    expect(planOf(formOf({ plan: drawn } as unknown as Drill)).area).toEqual({ ...drawn.area, regions: [] })
  })
  it('names blanks that nobody filled in, each once', () => {
    expect(blanksIn({ ...blankForm(now, []), zh: { title: '{place}暴雨', body: '{place}有{amount}毫米', advice: '' } })).toEqual(['place', 'amount'])
  })
})
