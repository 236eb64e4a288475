import { expect, it } from 'vitest'
import { outOfService } from './others.ts'

it('names what makes the count of the map differ from that of the devices in service', () => {
  const of = (...states: string[]) => outOfService(states.map((state) => ({ state })))
  expect(of('active', 'enrolled', 'planned', 'suspended', 'planned')).toEqual([{ state: 'planned', count: 2 }, { state: 'suspended', count: 1 }])
  expect(of('active', 'enrolled')).toEqual([])
})
