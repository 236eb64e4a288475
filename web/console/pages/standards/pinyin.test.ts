import { expect, it } from 'vitest'
import { toned } from './pinyin.ts'

it.each([
  ['hui2 long2 guan4', 'huí lóng guàn'], ['lv4 xiu4', 'lǜ xiù'], ['lu:e4', 'lüè'], ['gui4 zhou1', 'guì zhōu'], ['dou4', 'dòu'],
  ['ma5', 'ma'], ['quan2', 'quán'], ['', ''], ['hui', 'hui'], ['ng4', 'ng'],
])('writes %s with its marks', (typed, read) => expect(toned(typed)).toBe(read))
