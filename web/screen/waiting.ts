// What a screen shows that is not enrolled: the word and the picture for whoever stands before
// it with a telephone.
import { h } from '@/shared/terminal/dom.ts'
import { say } from '@/shared/terminal/words.ts'
import type { Asked } from './enrolment.ts'

const both = (key: Parameters<typeof say>[1], args = {}): HTMLElement[] =>
  [h('p', {}, say('zh', key, args)), h('p', { class: 'english', lang: 'en' }, say('en', key, args))]

export class Waiting {
  readonly root = h('section', { class: 'waiting' }, ...both('screen.waiting.asking'))
  private drawn = ''

  draw(asked: Asked): void {
    const key = JSON.stringify(asked)
    if (key === this.drawn) return
    this.drawn = key
    if (asked === 'away') return this.root.replaceChildren(...both('screen.waiting.away'))
    if ('refused' in asked) return this.root.replaceChildren(...both('screen.waiting.refused', { reason: asked.refused }))
    if (!('pairing' in asked)) return
    const { pairing, qr } = asked.pairing
    this.root.replaceChildren(
      h('div', { class: 'say' },
        h('h1', {}, say('zh', 'screen.waiting.title')), h('p', { class: 'english', lang: 'en' }, say('en', 'screen.waiting.title')),
        ...both('screen.waiting.how'), ...both('screen.waiting.or'),
        h('p', { class: 'word' }, `${pairing.slice(0, 4)} ${pairing.slice(4)}`)),
      h('img', { class: 'qr', alt: pairing, src: `data:image/svg+xml,${encodeURIComponent(qr)}` }))
  }
}
