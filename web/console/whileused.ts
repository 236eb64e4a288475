// What keeps the same data fresh for everybody who shows it: begun by the first of them,
// ended with the last.
import { useQueryClient, type QueryClient } from '@tanstack/vue-query'
import { onScopeDispose } from 'vue'

/** A composable that runs what begin starts, once however many components use it, until the
    last of them is gone; begin gives what ends it. */
export function whileUsed(begin: (client: QueryClient) => () => void): () => void {
  const running = new Map<QueryClient, { users: number; end: () => void }>()
  return () => {
    const client = useQueryClient()
    const one = running.get(client) ?? { users: 0, end: begin(client) }
    running.set(client, one)
    one.users++
    onScopeDispose(() => {
      if (--one.users) return
      running.delete(client)
      one.end()
    })
  }
}

/** What is done at once for the first piece of news and, while more comes, once every pause, ms: each
    reading begun anew throws away the one under way, and in a flood none would come to its end. */
export function bundled(act: () => void, pause = 1000): (() => void) & { stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  let more = false
  const next = (): void => {
    timer = more ? setTimeout(next, pause) : undefined
    if (more) act()
    more = false
  }
  const go = (): void => {
    if (timer) return void (more = true)
    act()
    timer = setTimeout(next, pause)
  }
  return Object.assign(go, { stop: () => clearTimeout(timer) })
}
