import { expect, it } from 'vitest'
import { everWord, heardWord, unmeasuredWord } from './figures.ts'
import type { Figures } from './standing.ts'

const figures = (more: Partial<Figures>) => ({ heard: 0, unheard: 0, ever: { targets: 310, reached: 310, heard: 297 }, ...more }) as Figures

it('shows a dash until a microphone listened, and a zero when it heard nothing', () => {
  expect([heardWord(figures({})), heardWord(figures({ unheard: 3 })), heardWord(figures({ heard: 4 }))]).toEqual(['—', '0', '4'])
})

it('says what was heard of the version before while the newest was not measured', () => {
  const said = (version: number, heard: number) => unmeasuredWord(figures({ ever: { targets: 310, reached: 310, heard } }), version)
  expect([said(1, 0), said(2, 0), said(2, 154), said(3, 154)]).toEqual(['figures.unmeasured', 'figures.unmeasured', 'figures.heard_first', 'figures.heard_before'])
})

it('tells of any version only where there is more than one', () => {
  expect([everWord(figures({}), 1), everWord(figures({ ever: { targets: 0, reached: 0, heard: 0 } }), 2)]).toEqual(['', ''])
  expect(everWord(figures({}), 2)).not.toBe('')
})
