import { expect, it } from 'vitest'
import { nextTick, ref } from 'vue'
import { Problem } from '@/shared/api/problem.ts'
import { useSubmit, useTag } from './submit.ts'

it('sends a form for what it was opened on, until whoever fills it in was told of what came between', async () => {
  const newest = ref<string>()
  const problem = ref<Problem>()
  newest.value = '"1"'
  const tag = useTag(() => newest.value, problem)
  newest.value = '"2"' // read again, as when the window is looked at
  await nextTick()
  expect(tag.value).toBe('"1"')
  problem.value = new Problem(422, 'name', '')
  await nextTick()
  expect(tag.value).toBe('"1"')
  problem.value = new Problem(412, 'stale', '')
  await nextTick()
  expect(tag.value).toBe('"2"')
  newest.value = '"3"'
  await nextTick()
  expect(tag.value).toBe('"3"')
  problem.value = undefined
  newest.value = '"4"'
  await nextTick()
  expect(tag.value).toBe('"3"')
})

it('does one thing at a time, and tells what became of it', async () => {
  const { busy, problem, submit } = useSubmit()
  const first = submit(() => new Promise((_, reject) => setTimeout(() => reject(new Problem(409, 'done_already', '')), 5)))
  expect([busy.value, await submit(() => Promise.resolve())]).toEqual([true, false])
  expect([await first, busy.value, problem.value?.code]).toEqual([false, false, 'done_already'])
  expect([await submit(() => Promise.resolve()), problem.value]).toEqual([true, undefined])
})
