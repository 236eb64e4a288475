import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import type { Region } from '../../../regions.ts'
import { example, regionFor, standing } from './feeder.ts'

const region = (code: string, level: string) => ({ code, level }) as Region
const below: Record<string, Region[]> = { 1: [region('2', 'district')], 2: [region('3', 'township')], 3: [] }
const find = (code: string) => Promise.resolve(below[code] ?? [])

it('finds a region of the level that an element is stated for', async () => {
  expect(await regionFor(region('1', 'city'), 'township', find)).toBe('3')
  expect(await regionFor(region('1', 'city'), '', find)).toBe('1')
  expect(await regionFor(region('2', 'district'), 'district', find)).toBe('2')
  expect(await regionFor(region('1', 'city'), 'village', find)).toBe('1')
})
it('writes a command that a shell takes apart as it is meant', () => {
  const command = example('https://city.example', 'tsf_a-B_9', { code: 'repair.jobs', period: 'month', max: 5 }, '110105000000')
  const words = execFileSync('sh', ['-c', `curl() { printf '%s\\n' "$@"; }; ${command}`], { encoding: 'utf8' }).trim().split('\n')
  expect(words.slice(0, 4)).toEqual(['https://city.example/api/measure/feed', '-H', 'Authorization: Bearer tsf_a-B_9', '-H'])
  const [fact] = (JSON.parse(words.at(-1)!) as { facts: Record<string, unknown>[] }).facts
  expect(fact).toMatchObject({ element: 'repair.jobs', unit: '110105000000', value: 5 })
  expect(fact!.period).toMatch(/^\d{4}-\d\d$/)
})
it('tells one that ended from one that was never heard', () => {
  const f = { id: '', name: '', region: '', regionPath: '', elements: [], madeBy: '', madeAt: '' }
  expect([standing(f), standing({ ...f, lastAt: '2026-07-28T00:00:00Z' }), standing({ ...f, lastAt: '2026-07-28T00:00:00Z', revokedAt: '2026-07-29T00:00:00Z' })]).toEqual(['waiting', 'heard', 'ended'])
})
