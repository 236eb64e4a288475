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
