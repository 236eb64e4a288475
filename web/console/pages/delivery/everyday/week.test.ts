import { expect, test } from 'vitest'
import { clockOf, columnsOf, copyDay, freshID, hoursOf, minutesOf, movedTo, pruned, weekdayOf, without, type Slot } from './week.ts'

const slot = (over: Partial<Slot> = {}): Slot => ({ id: 'a', kind: 'relay', title: ' 新闻 ', days: [1, 2], start: '07:00', minutes: 30, address: 'http://radio.example/live', ...over })

test('times of day', () => {
  expect([minutesOf('07:05'), clockOf(425), clockOf(0)]).toEqual([425, '07:05', '00:00'])
  expect(hoursOf([])).toEqual([6, 21])
  expect(hoursOf([{ start: '05:30', minutes: 10 }, { start: '22:10', minutes: 60 }])).toEqual([5, 24])
  expect([weekdayOf('2026-10-05'), weekdayOf('2026-10-11')]).toEqual([1, 7])
})
test('a slot is moved in steps and stays within its day', () => {
  expect(movedTo(slot(), 7 * 60 + 7).start).toBe('07:05')
  expect(movedTo(slot(), -20).start).toBe('00:00')
  expect(movedTo(slot(), 25 * 60).start).toBe('23:30')
})
test('a day is copied to others, and a slot taken off a day or all of them', () => {
  const week = [slot(), slot({ id: 'b', days: [3] })]
  expect(copyDay(week, 1, [5, 2]).map((s) => s.days)).toEqual([[1, 2, 5], [3]])
  expect(without(week, 'a', 1)[0]!.days).toEqual([2])
  expect(without(week, 'b', 3)).toHaveLength(1)
  expect(without(week, 'a')).toHaveLength(1)
})
test('a slot keeps what its kind needs', () => {
  expect(pruned(slot({ text: 'x', repeat: 3, volume: NaN }))).toEqual({ id: 'a', kind: 'relay', title: '新闻', days: [1, 2], start: '07:00', minutes: 30, address: 'http://radio.example/live' })
  expect(pruned(slot({ kind: 'notice', text: '停水', repeat: 2, interval: 5, volume: 0 }))).toEqual({ id: 'a', kind: 'notice', title: '新闻', days: [1, 2], start: '07:00', minutes: 30, volume: 0, text: '停水', repeat: 2, interval: 5 })
  expect(freshID({ slots: [slot({ id: 's2' })], exceptions: [] })).toBe('s3')
})
test('what overlaps stands side by side, and no more than that', () => {
  const list = [{ from: 0, to: 10 }, { from: 5, to: 20 }, { from: 10, to: 15 }, { from: 30, to: 40 }]
  const at = columnsOf(list)
  expect(list.map((x) => at.get(x))).toEqual([[0, 2], [1, 2], [0, 2], [0, 1]])
})
