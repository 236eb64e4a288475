import { expect, it } from 'vitest'
import { outlook, targetAt } from './outlook.ts'
import { next, parse } from './period.ts'

const now = parse('2026-06')!
const points = (...values: (number | null)[]) => values.map((value, i) => ({ at: next(now, i - values.length), value }))

it('tells whether a target is met, will be met or was missed', () => {
  const by = (by: string, value = 90) => ({ value, by })
  expect(outlook(points(80, 85, 92), by('2026'), 'up', now)).toBe('met')
  expect(outlook(points(80, 82, 84), by('2026'), 'up', now)).toBe('on_way')
  expect(outlook(points(84, 82, 80), by('2026'), 'up', now)).toBe('behind')
  expect(outlook(points(12, 11, 10), by('2026', 5), 'down', now)).toBe('on_way')
  expect(outlook(points(80, 85), by('2026'), 'up', now)).toBe('unknown')
  expect(outlook(points(null, null), by('2026'), 'up', now)).toBe('unknown')
  expect(outlook(points(80, 95), by('2026-04'), 'up', now)).toBe('missed')
  expect(outlook(points(95, 80), by('2026-04'), 'up', now)).toBe('met')
  expect(outlook(points(95), by('2026'), 'none', now)).toBe('unknown')
})
it('does not judge by a period that is not over', () => {
  const soFar = [...points(80, 85, 92), { at: now, value: 3 }]
  expect(outlook(soFar, { value: 90, by: '2026' }, 'up', now)).toBe('met')
  expect(outlook([{ at: now, value: 95 }], { value: 90, by: '2026' }, 'up', now)).toBe('unknown')
})
it('takes the next target that is due', () => {
  const targets = [{ by: '2025', value: 1 }, { by: '2027', value: 3 }, { by: '2026', value: 2 }]
  expect(targetAt(targets, now)?.value).toBe(2)
  expect(targetAt(targets.slice(0, 1), now)?.value).toBe(1)
  expect(targetAt([], now)).toBeUndefined()
  expect(targetAt([{ by: '2026-08', value: 80 }, { by: '2026-12', value: 90 }], parse('2026Q3')!)?.value).toBe(90) // what is due in August is over when the quarter is
})
