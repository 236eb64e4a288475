import { expect, it } from 'vitest'
import type { Summary } from '../../onair.ts'
import { needsOf, prefixOf, sickOf, townshipOf, type Entry, type Handoff, type Troubled } from './gather.ts'

const message = (id: string, severity: string, drill = false) => ({ id, severity, drill }) as Summary
const trouble = (device: string, township: string, problem = 'silent') => ({ device, township, problem }) as Troubled

it('keeps whole levels of a code, also where a district ends in nought', () => {
  expect(['110000000000', '110100000000', '120110000000', '110101001000', '110101001002'].map(prefixOf)).toEqual(['11', '1101', '120110', '110101001', '110101001002'])
})

it('puts first what nobody looks after, then the gravest message; drills after real ones', () => {
  const messages = [message('a', 'blue'), message('b', 'red'), message('c', 'red', true)]
  const troubled = [[trouble('1', '110101001000'), trouble('2', '110101001000', 'failed')], [trouble('3', '110101002000')], [trouble('4', '110101003000')]]
  const handoffs = [{ messageId: 'b', state: 'open', devices: ['3'] }, { messageId: 'a', state: 'closed', devices: ['1', '2'] }] as Handoff[]
  const needs = needsOf(messages, troubled, handoffs)
  expect(needs.map((n) => [n.message.id, n.items.length, n.handed])).toEqual([['a', 2, 0], ['c', 1, 0], ['b', 1, 1]])
  expect(needs[0]!.counts).toEqual({ failed: 1, late: 0, silent: 1, unheard: 0 })
  expect(needsOf(messages, troubled, [], '110101002000').map((n) => n.message.id)).toEqual(['b'])
  expect(needsOf(messages, [undefined], [])).toEqual([])
})

it('counts a device that is both offline and broken in both columns of its township', () => {
  const device = (path: string, presence: string, faults: string[], lastSeen?: string) => ({ regionPath: path, condition: { presence, faults, lastSeen } }) as unknown as Entry
  const [first, second] = sickOf([
    device('cn.11.110101.110101001.110101001001.', 'offline', ['clock'], '2026-01-02T00:00:00Z'), device('cn.11.110101.110101001.', 'offline', [], '2026-01-01T00:00:00Z'),
    device('cn.11.110102.110102003.', 'online', ['player']), device('cn.11.110102.110102003.', 'never', []),
  ])
  expect([first!.township, first!.offline.length, first!.faulty.length, first!.oldest]).toEqual(['110101001000', 2, 1, '2026-01-01T00:00:00Z'])
  expect([second!.township, second!.offline.length, second!.never.length, second!.oldest]).toEqual(['110102003000', 0, 1, undefined])
  expect(townshipOf('cn.11.110101.')).toBe('110101000000')
})
