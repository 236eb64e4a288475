// Problem details (RFC 9457) as an error that forms and pages can show: what went wrong,
// where, and what to do. The server says its sentences in the reader's language.
import { t } from '../i18n.ts'

export interface ProblemPlace {
  location: string
  message: string
  code: string
}

export class Problem extends Error {
  override readonly name = 'Problem'
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly places: ProblemPlace[] = [],
  ) {
    super(detail || code)
  }

  /** The sentence for one place of the input, such as "areas[0].code". */
  at(location: string): string | undefined {
    return this.places.find((p) => p.location === location)?.message
  }

  /** Places that are none of these, nor below one: to be listed apart from the form's fields. */
  elsewhere(fields: string[]): ProblemPlace[] {
    const below = (place: string, field: string) =>
      place === field || place.startsWith(`${field}.`) || place.startsWith(`${field}[`)
    return this.places.filter((p) => !fields.some((f) => below(p.location, f)))
  }

  get needsSignIn(): boolean { return this.status === 401 }
  get isStale(): boolean { return this.status === 412 }
}

/** Reads whatever an answer's body holds as a Problem. */
export function problemOf(status: number, body: unknown): Problem {
  const b = (body ?? {}) as Partial<{ code: string; detail: string; title: string; errors: ProblemPlace[] }>
  const code = b.code ?? `http.${status}`
  return new Problem(status, code, b.detail || b.title || t('error.status', { status: String(status) }), b.errors ?? [])
}

/** Reads anything thrown as a Problem; a failed fetch means that the server was not reached. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown
  if (thrown instanceof TypeError) return new Problem(0, 'network', t('error.network'))
  if (thrown instanceof DOMException && thrown.name === 'AbortError') return new Problem(0, 'aborted', t('error.aborted'))
  return new Problem(0, 'unexpected', t('error.unexpected', { message: thrown instanceof Error ? thrown.message : String(thrown) }))
}
