// What a form needs from the page that shows it: where files go, and among what is chosen. A page
// gives its own with provide(formHost, …), else the staff's interface is asked.
import type { Component, InjectionKey } from 'vue'
import { answer, api, type Schemas } from '../api/client.ts'
import { Problem, problemOf } from '../api/problem.ts'
import { lang, nameOf } from '../i18n.ts'
import type { CaseType } from './field.ts'

/** Something that may be chosen. */
export interface Choice {
  id: string
  name: string
  note?: string
}

export interface Sent {
  id: string
  name: string
  media: string
}

export interface FormHost {
  /** Sends a file; told says how far it is, 0 to 1. */
  upload(file: Blob, name: string, told: (part: number) => void): Promise<Sent>
  fileUrl(id: string): string
  /** Finds among regions, devices, sites, parties or cases; undefined where nothing can be looked up. */
  find(kind: string, words: string, signal: AbortSignal, of?: string): Promise<Choice[] | undefined>
  /** Those who may be given a part. */
  candidates(of: string, region: string): Promise<Choice[]>
  /** What a chosen id is called. */
  nameOf(kind: string, id: string): Promise<string | undefined>
  /** Whether pictures are taken on the spot, beside those that are there already. */
  camera?: boolean
  /** What reads a code from a label, where the device can; it emits "read". */
  scanner?: Component
  /** A map on which to point, where the page has one; v-model is the spot. */
  pointMap?: Component
}

export const formHost: InjectionKey<FormHost> = Symbol('formHost')

/** What a form is about: the type that it is of, and the region of the case. */
export interface FormContext {
  type?: CaseType
  region?: string
  names?: Readonly<Record<string, string>>
}

export const formContext: InjectionKey<() => FormContext> = Symbol('formContext')

/** The post that fills what a field calls "of": a role of the type, or a post itself. */
export const postOf = (of: string, type?: CaseType): string => type?.roles?.find((r) => r.id === of)?.filled.grant ?? of

/** Sends a file with progress, which fetch cannot tell. */
export function sendFile(path: string, file: Blob, told: (part: number) => void): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', path)
    request.setRequestHeader('Content-Type', 'application/octet-stream')
    request.setRequestHeader('Accept-Language', lang.value === 'zh' ? 'zh-CN' : 'en')
    request.upload.onprogress = (e) => e.lengthComputable && told(e.loaded / e.total)
    request.onerror = () => reject(new TypeError('network'))
    request.onload = () => {
      let body: unknown
      try { body = JSON.parse(request.responseText) } catch { body = undefined }
      if (request.status < 300) resolve(body as Sent)
      else reject(problemOf(request.status, body))
    }
    request.send(file)
  })
}

type Region = Schemas['Region']
const within = (r: Region): string => (r.ancestors ?? []).filter((a) => a.level === 'district' || a.level === 'township').map(nameOf).join(lang.value === 'en' ? ', ' : '')

const partyRoles = ['department', 'street_office', 'broadcaster', 'producer', 'platform', 'network_operator', 'maintenance', 'outlet_operator', 'hotel', 'applicant', 'expert', 'technician', 'inspector', 'interpreter'] as const
const partyRole = (of?: string) => partyRoles.find((role) => role === (of === 'contractor' ? 'maintenance' : of))

const finders: Record<string, (q: string, signal: AbortSignal, of?: string) => Promise<Choice[]>> = {
  region: async (q, signal) => ((await answer(api.GET('/api/regions', { signal, params: { query: { q, limit: 12 } } }))).items ?? []).map((r) => ({ id: r.code, name: nameOf(r), note: within(r) })),
  device: async (q, signal) => ((await answer(api.GET('/api/assets', { signal, params: { query: { q, limit: 12 } } }))).items ?? []).map((d) => ({ id: d.code, name: d.name, note: d.region })),
  site: async (q, signal) => ((await answer(api.GET('/api/sites', { signal, params: { query: { q, limit: 12 } } }))).items ?? []).map((s) => ({ id: s.id, name: s.name, note: s.region })),
  case: async (q, signal) => ((await answer(api.GET('/api/casework/cases', { signal, params: { query: { q, limit: 12 } } }))).items ?? []).map((c) => ({ id: c.id, name: `${c.number} ${c.title}`, note: nameOf(c.stateName) })),
  party: async (q, signal, of) => ((await answer(api.GET('/api/parties', { signal, params: { query: { q, role: partyRole(of), limit: 12 } } }))).items ?? []).map((p) => ({ id: p.id, name: nameOf(p), note: p.region })),
}

const namers: Record<string, (id: string) => Promise<string>> = {
  region: async (code) => { const r = await answer(api.GET('/api/regions/{code}', { params: { path: { code } } })); return [within(r), nameOf(r)].filter(Boolean).join(lang.value === 'en' ? ', ' : '') },
  device: async (id) => (await answer(api.GET('/api/assets/{id}', { params: { path: { id } } }))).name,
  site: async (id) => (await answer(api.GET('/api/sites/{id}', { params: { path: { id } } }))).name,
  case: async (id) => { const c = await answer(api.GET('/api/casework/cases/{id}', { params: { path: { id } } })); return `${c.number} ${c.title}` },
  party: async (id) => nameOf(await answer(api.GET('/api/parties/{id}', { params: { path: { id } } }))),
}

/** The host of pages where staff are signed in. */
export const staffHost: FormHost = {
  upload: (file, name, told) => sendFile(`/api/casework/files?name=${encodeURIComponent(name)}`, file, told),
  fileUrl: (id) => `/api/casework/files/${id}`,
  find: async (kind, words, signal, of) => finders[kind]?.(words, signal, of).catch((thrown) => { // who may not read a register types the number
    if (thrown instanceof Problem && thrown.status === 403) return undefined
    throw thrown
  }),
  candidates: async (of, region) => ((await answer(api.GET('/api/casework/candidates', { params: { query: { post: of, region } } }))).items ?? []).map((p) => ({ id: p.id, name: p.name })),
  nameOf: async (kind, id) => namers[kind]?.(id).catch(() => undefined),
}
