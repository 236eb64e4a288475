// The API as the generated schema describes it. answer() turns openapi-fetch's result into
// a value or a thrown Problem, so that pages hold no error plumbing.
import createClient from 'openapi-fetch'
import { lang, t } from '../i18n.ts'
import { asProblem, Problem, problemOf } from './problem.ts'
import type { components, paths } from './schema.d.ts'

export type Schemas = components['schemas']

type Content<R> = R extends { content: { 'application/json': infer T } } ? T : never

/** What an operation answers. */
export type Out<P extends keyof paths, M extends keyof paths[P]> =
  paths[P][M] extends { responses: infer R } ? Content<R[(200 | 201 | 202) & keyof R]> : never

/** One item of what a list answers. */
export type ItemOf<P extends keyof paths> = NonNullable<Out<P, 'get'> extends { items: infer I } ? I : never> extends (infer T)[] ? T : never

export const api = createClient<paths>({
  baseUrl: '/', credentials: 'same-origin',
  querySerializer: { array: { style: 'form', explode: false } }, // the server reads lists as a,b,c
})

const unauthenticated = new Set<() => void>()

/** Calls fn whenever the server says that nobody is signed in. */
export function onSignedOut(fn: () => void): () => void {
  unauthenticated.add(fn)
  return () => unauthenticated.delete(fn)
}

const used = new Set<() => void>()

/** Calls fn whenever a request counted as use of the session. */
export function onUse(fn: () => void): void {
  used.add(fn)
}

const languageTag = () => (lang.value === 'zh' ? 'zh-CN' : 'en')

api.use({
  onRequest({ request }) {
    request.headers.set('Accept-Language', languageTag())
    if (request.method === 'GET') for (const [name, value] of Object.entries(background())) request.headers.set(name, value)
    return request
  },
  onResponse({ response, request }) {
    if (response.status === 401 && !new URL(request.url).pathname.startsWith('/api/session')) {
      unauthenticated.forEach((fn) => fn())
    } else if (response.ok && !request.headers.has('X-Background')) {
      used.forEach((fn) => fn())
    }
  },
})

// When a person last touched the page. A page that only refreshes itself is idle.
let touchedAt = Date.now()

/** Marks a request that nobody asked for, so that it does not keep a session alive. */
export const background = (): Record<string, string> => (Date.now() - touchedAt > 60_000 ? { 'X-Background': '1' } : {})

for (const kind of ['pointerdown', 'keydown', 'wheel', 'touchstart']) {
  globalThis.addEventListener?.(kind, () => (touchedAt = Date.now()), { passive: true, capture: true })
}

/** A token by which a request that is sent twice is done once. Made without crypto.randomUUID, which
    browsers withhold where the connection is not secure. */
export const onceToken = (): string => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('')

interface Result<T> {
  data?: T
  error?: unknown
  response: Response
}

/** The value of a call; throws a Problem. */
export async function answer<T>(call: Promise<Result<T>>): Promise<T> {
  return (await tagged(call)).data
}

/** The value of a call with its entity tag, for a later If-Match. */
export async function tagged<T>(call: Promise<Result<T>>): Promise<{ data: T; etag: string }> {
  let result: Result<T>
  try {
    result = await call
  } catch (thrown) {
    throw asProblem(thrown)
  }
  if (!result.response.ok) throw problemOf(result.response.status, result.error)
  return { data: result.data as T, etag: result.response.headers.get('ETag') ?? '' }
}

/** A file on disk that changed since it was chosen cannot be sent; the browser only says that sending failed. */
async function unreadable(body: unknown): Promise<Problem | undefined> {
  if (!(body instanceof Blob)) return undefined
  try {
    await body.slice(0, 1).arrayBuffer()
    return undefined
  } catch {
    return new Problem(0, 'file_changed', t('error.file_changed'))
  }
}

/** Sends what openapi-fetch has no shape for; throws a Problem. */
async function ask(path: string, init: RequestInit): Promise<Response> {
  const headers = new Headers({ 'Accept-Language': languageTag(), ...init.headers })
  let response: Response
  try {
    response = await fetch(path, { ...init, headers })
  } catch (thrown) {
    throw (await unreadable(init.body)) ?? asProblem(thrown)
  }
  if (response.status === 401) unauthenticated.forEach((fn) => fn())
  else if (response.ok && !headers.has('X-Background')) used.forEach((fn) => fn())
  if (!response.ok) throw problemOf(response.status, await jsonOf(response))
  return response
}

const jsonOf = async (response: Response): Promise<unknown> => (/json/.test(response.headers.get('Content-Type') ?? '') ? await response.json() : undefined)

/** Sends a file or other body that openapi-fetch has no shape for; throws a Problem. */
export const send = async <T>(path: string, init: RequestInit): Promise<T> => (await jsonOf(await ask(path, init))) as T

/** Asks for a file that is made for the asker, with its name; throws a Problem. */
export async function fileOf(path: string, body: object): Promise<{ name: string; content: Blob }> {
  const response = await ask(path, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } })
  return { name: /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '')?.[1] ?? 'file', content: await response.blob() }
}
