import { describe, expect, it } from 'vitest'
import { doable, standing, type Type } from './course.ts'

const name = { zh: '', en: '' }
const step = (id: string, from: string[], to: string, more = {}) => ({ id, name, from, to, by: ['inspectors'], offline: true, ...more })

/** A visit: what was found decides what follows. */
const type = {
  steps: [
    step('enter', ['ready'], 'on_site'),
    step('check', ['on_site'], 'judged'),
    step('pass', ['judged'], 'passed', { by: [], on: { entry: true }, if: 'size(data.failed) == 0' }),
    step('fail', ['judged'], 'noticing', { by: [], on: { entry: true } }),
    step('notice', ['noticing'], 'putting_right'),
    step('stop', ['on_site', 'noticing'], 'stopped', { offline: false }),
    step('note', ['on_site'], ''),
    step('other', ['on_site'], 'passed', { by: ['planner'] }),
  ],
} as unknown as Type

describe('a case on the telephone', () => {
  it('stands where the steps lead that were done', () => {
    expect(standing(type, 'ready', [])).toEqual(['ready'])
    expect(standing(type, 'ready', ['enter', 'note'])).toEqual(['on_site'])
    expect(standing(type, 'ready', ['enter', 'check'])).toEqual(['passed', 'noticing'])
  })
  it('offers what the platform said while nothing waits', () => {
    const steps = [{ id: 'set_out', name }]
    expect(doable(type, { state: 'assigned', roles: ['inspectors'], steps }, [])).toEqual([{ id: 'set_out', name, offline: false }])
  })
  it('offers what may follow, of the own roles and without a network', () => {
    const ids = (done: string[]) => doable(type, { state: 'ready', roles: ['inspectors'], steps: [] }, done).map((s) => s.id)
    expect(ids(['enter'])).toEqual(['check', 'note'])
    expect(ids(['enter', 'check'])).toEqual(['notice'])
    expect(ids(['enter', 'check', 'notice'])).toEqual([])
  })
})
