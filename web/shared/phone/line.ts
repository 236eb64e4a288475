// Between a telephone and the platform: who is signed in, whether it is reached, and when what
// waits is tried again. One exchange at a time, also where the page stands open twice.
import { ref } from 'vue'
import { answer, api } from '../api/client.ts'
import { asProblem, type Problem } from '../api/problem.ts'

export interface Person { id: string; name: string }

/** What a page exchanges. */
export interface Load {
  name: string // of the page
  leaving(): boolean // signed out here, not yet at the platform
  left(): Promise<void>
  enter(who: Person): Promise<boolean> // whether anything is exchanged for whom the platform knows
  exchange(): Promise<void>
  waits(): boolean // something that is to be sent
}

/** How long one request may take. */
export const patience = () => AbortSignal.timeout(30_000)
const again = 30_000 // ms

/** Without an answer, or the platform in trouble: to be tried again. */
export const passing = (p: Problem): boolean => p.status === 0 || p.status === 401 || p.status === 408 || p.status === 429 || p.status >= 500

export function lineOf(load: Load) {
  /** How the platform stands to this telephone. */
  const line = ref<'asking' | 'away' | 'signed_out' | 'up'>('asking')
  /** Why nothing could be exchanged, other than that there is no network. */
  const problem = ref<Problem>()
  const sending = ref(false)
  let running: Promise<void> | undefined

  /** Notes how the line is by what went wrong; what is not of the line is a problem to be told. */
  function stumble(thrown: unknown): void {
    const p = asProblem(thrown)
    if (p.status === 0) line.value = 'away'
    else if (p.status === 401) line.value = 'signed_out'
    else problem.value = p
  }

  async function once(): Promise<void> {
    sending.value = true
    problem.value = undefined
    try {
      if (load.leaving()) await leave()
      const { user } = await answer(api.GET('/api/session', { signal: patience() }))
      if (load.leaving()) await leave() // meanwhile
      else line.value = user ? 'up' : 'signed_out'
      if (user && line.value === 'up' && await load.enter({ id: user.id, name: user.name })) await load.exchange()
    } catch (thrown) {
      stumble(thrown)
    } finally {
      sending.value = false
    }
  }

  async function leave(): Promise<void> {
    await answer(api.DELETE('/api/session', { signal: patience() })).catch((thrown: unknown) => { if (asProblem(thrown).status !== 401) throw thrown })
    line.value = 'signed_out'
    await load.left()
  }

  const alone = async (): Promise<void> => { await (navigator.locks ? navigator.locks.request(load.name, once) : once()) }

  /** Asks who is signed in and exchanges what there is. */
  const sync = (): Promise<void> => (running ??= alone().finally(() => (running = undefined)))

  /** Resolves once nothing is being exchanged. */
  const rest = (): Promise<void> => running ?? Promise.resolve()

  /** Goes on exchanging for as long as the page is open. */
  function keepUp(): void {
    void sync()
    addEventListener('online', () => void sync())
    addEventListener('offline', () => { line.value = 'away' })
    document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') void sync() })
    setInterval(() => { if (line.value === 'away' || (line.value === 'up' && load.waits())) void sync() }, again)
  }

  return { line, problem, sending, sync, rest, keepUp }
}
