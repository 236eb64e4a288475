// A draft against a server that answers late, or whose answer is lost on the way.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createApp, effectScope, nextTick, ref } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'

vi.mock('../../../session.ts', () => ({ user: ref({ id: 'li' }) }))

interface Heard { method: string; path: string; title: string; answer: (message: unknown) => void; lose: () => void }
let server: Server
let waiting: Heard[] = []
const kept = new Map<string, string>()
const heard = () => vi.waitFor(() => waiting.shift() ?? expect.fail('nothing was asked'))
const message = (id: string, title: string, revision = 1) => ({
  id, kind: 'real', class: 'emergency', revision,
  open: { state: 'draft', event: '10203', severity: 'red', texts: [{ lang: 'zh', title, body: '正文' }], area: { regions: ['110105000000'] }, endsAt: new Date(Date.now() + 6 * 3_600_000).toISOString(), repeat: { count: 3, intervalSeconds: 20 } },
})

beforeEach(async () => {
  waiting = []
  server = createServer((request: IncomingMessage, response: ServerResponse) => {
    let body = ''
    request.on('data', (part) => (body += part))
    request.on('end', () => {
      const { texts } = (body ? JSON.parse(body) : {}) as { texts?: { title: string }[] }
      waiting.push({
        method: request.method!, path: request.url!, title: texts?.[0]?.title ?? '', lose: () => response.destroy(),
        answer: (m) => response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(m)),
      })
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const Plain = Request
  vi.stubGlobal('Request', class extends Plain { constructor(input: string, init?: RequestInit) { super(new URL(input, base), init) } }) // as in a page of the server's
  kept.clear()
  vi.stubGlobal('localStorage', { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => kept.set(k, v), removeItem: (k: string) => kept.delete(k) })
  vi.resetModules()
})
afterEach(() => { server.closeAllConnections(); server.close(); vi.unstubAllGlobals() })

async function write(at: string) {
  const { useDraft } = await import('./useDraft.ts')
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/compose/:id?', name: 'compose', component: {} }] })
  await router.push(at)
  const app = createApp({}).use(router)
  const draft = app.runWithContext(() => effectScope().run(useDraft))!
  return { draft, router }
}
function fill(form: Awaited<ReturnType<typeof write>>['draft']['form'], title: string): void {
  Object.assign(form, { kind: 'real', event: '10203', regions: ['110105000000'], zh: { lang: 'zh', title, body: '正文', advice: '' } })
}

it('does not take what a lost answer was about for what was written since', async () => {
  const { draft } = await write('/compose')
  fill(draft.form, '暴雨')
  const first = draft.attempt('save', draft.save)
  ;(await heard()).lose() // the server made the message; nobody here knows
  await first
  draft.form.zh.title = '大暴雨'
  const second = draft.attempt('save', draft.save)
  const again = await heard()
  expect([again.method, again.title]).toEqual(['POST', '大暴雨'])
  again.answer(message('m1', '暴雨')) // the one it made before
  const put = await heard()
  expect([put.method, put.path, put.title]).toEqual(['PUT', '/api/alerts/m1', '大暴雨'])
  put.answer(message('m1', '大暴雨', 2))
  await second
  expect([draft.message.value?.revision, draft.dirty.value]).toEqual([2, false])
})

it('keeps an answer about one message away from another that is written by then', async () => {
  const { draft, router } = await write('/compose/m1')
  const read = await heard()
  await router.push('/compose/m2')
  await nextTick()
  ;(await heard()).answer(message('m2', '第二条'))
  await vi.waitFor(() => expect(draft.form.zh.title).toBe('第二条'))
  read.answer(message('m1', '第一条'))
  await new Promise((done) => setTimeout(done, 50))
  expect([draft.message.value?.id, draft.form.zh.title]).toEqual(['m2', '第二条'])

  draft.form.zh.title = '第二条改'
  const saved = draft.attempt('save', draft.save)
  const put = await heard()
  await router.push('/compose')
  await nextTick()
  fill(draft.form, '第三条')
  put.answer(message('m2', '第二条改', 2))
  await saved
  expect([draft.message.value, draft.form.zh.title, router.currentRoute.value.fullPath]).toEqual([undefined, '第三条', '/compose'])
})

it('keeps nothing of what was undone', async () => {
  const { draft } = await write('/compose/m1')
  ;(await heard()).answer(message('m1', '暴雨'))
  await vi.waitFor(() => expect(draft.form.zh.title).toBe('暴雨'))
  const sizes = []
  for (const title of ['大暴雨', '暴雨']) {
    draft.form.zh.title = title
    await nextTick()
    sizes.push(kept.size)
  }
  expect(sizes).toEqual([1, 0])
})
