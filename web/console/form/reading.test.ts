import { expect, it } from 'vitest'
import { nextTick, shallowRef } from 'vue'
import type { Schemas } from '@/shared/api/client.ts'
import { useReading } from './reading.ts'

type Version = Schemas['AlertVersionView']
const version = (digest: string | undefined, approvals = 0) => ({ digest, approvals: Array.from({ length: approvals }) }) as unknown as Version

it('leaves what somebody reads as they read it, until they read what it was changed to', async () => {
  const now = shallowRef<Version>()
  const { read, changed, again } = useReading(now)
  expect([read.value, changed.value]).toEqual([undefined, false])
  now.value = version('a')
  await nextTick()
  now.value = version('a', 1) // somebody else signed meanwhile
  await nextTick()
  expect([read.value?.approvals?.length, changed.value]).toEqual([1, false])
  for (const other of [version('b'), version(undefined), undefined]) { // sent back, changed and submitted again; or gone
    now.value = other
    await nextTick()
    expect([read.value?.digest, changed.value]).toEqual(['a', true])
  }
  now.value = version('b')
  again()
  await nextTick()
  expect([read.value?.digest, changed.value]).toEqual(['b', false])
})
