import { expect, it } from 'vitest'
import { deviceQuery, fileOf, narrowing } from './filters.ts'
import { happeningText } from './words.ts'

it('reads filters from an address and drops words the API does not know', () => {
  expect(deviceQuery({ kind: 'loudspeaker,banana', presence: 'gone', region: '110101000000', view: 'map', fault: 'any' })).toEqual({
    kind: ['loudspeaker'], state: undefined, presence: undefined, region: '110101000000', fault: 'any',
  })
})

it('gives a file the same filters as the list, without how it is shown', () => {
  expect(narrowing({ q: '东', view: 'map' })).toEqual({ q: '东' })
  expect(fileOf('/api/assets/export', { presence: 'offline', view: 'map' }, { format: 'csv' })).toBe('/api/assets/export?presence=offline&format=csv&lang=zh')
})

it('keeps what it has no word for', () => {
  const name = (code: string) => `<${code}>`
  expect(happeningText('fault', { fault: 'siren' }, name)).toBe('siren')
  expect(happeningText('unheard-of', { reason: '' }, name)).toBe('')
})
