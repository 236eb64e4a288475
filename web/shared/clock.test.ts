import { afterEach, expect, it } from 'vitest'
import { ahead, dayAfter, momentOf, wallTime, zone } from './clock.ts'
import { absolute, clockTime } from './format.ts'

afterEach(() => { zone.value = undefined })

it('tells and takes times by the clock of the city', () => {
  zone.value = 'Asia/Shanghai'
  const at = new Date('2026-11-27T16:05:00Z')
  expect(wallTime(at)).toBe('2026-11-28T00:05')
  expect(momentOf('2026-11-28T00:05')).toEqual(at)
  expect(momentOf('2026-11-28T23:59:59').toISOString()).toBe('2026-11-28T15:59:59.000Z')
  expect([absolute(at.toISOString()), clockTime(at.toISOString(), false)]).toEqual(['2026-11-28 00:05', '00:05'])
  expect(ahead(at.getTime())).toBe(8 * 3_600_000)
})

it('follows clocks that are changed', () => {
  zone.value = 'Europe/Berlin'
  expect(momentOf('2026-03-29T01:30').toISOString()).toBe('2026-03-29T00:30:00.000Z')
  expect(momentOf('2026-03-29T03:30').toISOString()).toBe('2026-03-29T01:30:00.000Z')
})

it('takes what is no time for none', () => expect(momentOf('').getTime()).toBeNaN())

it('counts days', () => expect([dayAfter('2026-12-31', 1), dayAfter('2026-03-01', -1)]).toEqual(['2027-01-01', '2026-02-28']))
