import { expect, it } from 'vitest'
import { typed } from './pinyin.ts'

it('reads names as they are typed', () => {
  expect(typed('应急消息：到达率')).toEqual({ whole: 'yingjixiaoxidaodalv', initials: 'yjxxddl' })
  expect(typed('10秒内')).toEqual({ whole: '10miaonei', initials: '10mn' })
  expect(typed('常住人口').initials).toBe('czrk')
  expect(typed('Reach 1')).toEqual({ whole: 'reach1', initials: 'reach1' })
})
