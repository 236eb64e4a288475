import { describe, expect, it } from 'vitest'
import { Problem } from '@/shared/api/problem.ts'
import { asComments, heads, localName, sendAll, type Deed, type Ways } from './queue.ts'

let n = 0
const deed = (of: string, more: Partial<Deed> = {}): Deed => ({
  id: `key-${++n}`, n, case: of, number: of, title: '', kind: 'step', step: 'arrive', name: { zh: '到场', en: 'Arrived' }, data: {}, at: '2026-03-01T08:00:00Z', seen: 0, sent: {}, stand: 'waiting', ...more })

/** A platform and a telephone: what was asked of them, in order. */
function world(all: Deed[], refuse: (what: string, times: number) => Problem | undefined = () => undefined) {
  const said: string[] = []
  const taken: Record<string, unknown> = {}
  const disk = new Map(all.map((d) => [d.id, structuredClone(d)]))
  const ask = (what: string): void => {
    said.push(what)
    const problem = refuse(what, said.filter((x) => x === what).length)
    if (problem) throw problem
  }
  const ways: Ways<string> = {
    still: async (d) => disk.has(d.id),
    keep: async (d) => void disk.set(d.id, structuredClone(d)),
    upload: async (file) => { ask(`file ${file}`); return `ID-${file}-${said.length}` },
    bring: async (d, data) => { ask(`${d.kind} ${d.id}`); taken[d.id] = data; return 'view' },
    arrived: async (d) => { disk.delete(d.id); all.splice(all.findIndex((x) => x.id === d.id), 1) },
  }
  return { all, said, taken, disk, send: () => sendAll(() => all, ways) }
}
const away = () => new Problem(0, 'network', '')
const refused = (code: string, status = 409) => new Problem(status, code, `said: ${code}`)

describe('what waits', () => {
  it('is sent in order, files first, and goes', async () => {
    const [file, other] = [localName('p'), localName('q')]
    const [first, second] = [deed('A', { data: { before: [file], at: { sign: other } } }), deed('A', { step: 'repair' })]
    const w = world([second, first])
    await w.send()
    expect(w.said).toEqual([`file ${file}`, `file ${other}`, `step ${first.id}`, `step ${second.id}`])
    expect(w.taken[first.id]).toEqual({ before: [`ID-${file}-1`], at: { sign: `ID-${other}-2` } })
    expect(w.all).toEqual([])
    expect(w.disk.size).toBe(0)
  })

  it('goes on where it was cut, under the same key, with the files that are there', async () => {
    const file = localName('p')
    const d = deed('A', { data: { before: [file] } })
    const w = world([d], (what, times) => (what.startsWith('step') && times === 1 ? away() : undefined))
    await expect(w.send()).rejects.toMatchObject({ status: 0 })
    expect(w.disk.get(d.id)?.sent).toEqual({ [file]: `ID-${file}-1` })
    await w.send()
    expect(w.said).toEqual([`file ${file}`, `step ${d.id}`, `step ${d.id}`])
  })

  it('leaves out drafts, and what another page sent', async () => {
    const [draft, gone] = [deed('A', { stand: 'draft' }), deed('B')]
    const w = world([draft, gone])
    w.disk.delete(gone.id)
    await w.send()
    expect(w.said).toEqual([])
    expect(w.all).toEqual([draft])
  })
})

describe('what is refused', () => {
  it('stays with the reason and holds back its case only', async () => {
    const [a1, a2, b] = [deed('A'), deed('A'), deed('B')]
    const w = world([a1, a2, b], (what) => (what.endsWith(a1.id) ? refused('procedure.act.state') : undefined))
    await w.send()
    expect(w.all).toEqual([a1, a2])
    expect(w.disk.get(a1.id)).toMatchObject({ stand: 'stuck', why: { code: 'procedure.act.state', detail: 'said: procedure.act.state' } })
    expect(heads(w.all)).toEqual([])
    w.all.shift() // given up
    expect(heads(w.all)).toEqual([a2])
  })

  it('was taken where the key is known', async () => {
    const w = world([deed('A')], () => refused('casework.key.other'))
    await w.send()
    expect(w.all).toEqual([])
  })

  it('for files that were forgotten is sent with them anew, once', async () => {
    const file = localName('p')
    const d = deed('A', { data: { before: file }, sent: { [file]: 'OLD' } })
    const w = world([d], (what, times) => (what.startsWith('step') && times === 1 ? refused('casework.file.unknown', 422) : undefined))
    await w.send()
    expect(w.said).toEqual([`step ${d.id}`, `file ${file}`, `step ${d.id}`])
    expect(w.all).toEqual([])
    const never = world([deed('A', { data: { before: file }, sent: { [file]: 'OLD' } })], (what) => (what.startsWith('step') ? refused('casework.file.unknown', 422) : undefined))
    await never.send()
    expect(never.all[0]?.stand).toBe('stuck')
  })

  it('is tried again and not stuck while the platform is in trouble or nobody is signed in', async () => {
    for (const status of [0, 401, 429, 503]) {
      const d = deed('A')
      await expect(world([d], () => new Problem(status, 'x', '')).send()).rejects.toMatchObject({ status })
      expect(d.stand).toBe('waiting')
    }
  })

  it('can be sent as comments, with all of its files', () => {
    const files = Array.from({ length: 12 }, (_, i) => localName(String(i)))
    const d = deed('A', { stand: 'stuck', data: { photos: files.slice(0, 11), signature: files[11] }, sent: { [files[0]!]: 'X' } })
    const made = asComments(d, '到场', () => `new-${++n}`)
    expect(made.map((c) => (c.data.files as string[]).length)).toEqual([10, 2])
    expect(made[0]).toMatchObject({ kind: 'comment', stand: 'waiting', n: d.n, data: { text: '到场' }, sent: d.sent })
    expect(new Set([d.id, ...made.map((c) => c.id)]).size).toBe(3)
    expect(made[1]!.n).toBeGreaterThan(made[0]!.n)
  })
})
