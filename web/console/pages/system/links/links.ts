// Nodes of other levels in the terms of the page.
import type { Schemas } from '@/shared/api/client.ts'

export type Node = Schemas['LinkView']

/** How a node stands: invited, its invitation run out, up, down, or cut off. */
export function standing(n: Pick<Node, 'state' | 'up' | 'expires'>, now = Date.now()): 'invited' | 'expired' | 'up' | 'down' | 'revoked' {
  if (n.state === 'revoked') return 'revoked'
  if (n.state === 'invited') return n.expires && Date.parse(n.expires) <= now ? 'expired' : 'invited'
  return n.up ? 'up' : 'down'
}

/** How much of what the node had, when it last answered, is not here yet. */
export const behind = (n: Pick<Node, 'streams'>): number => (n.streams ?? []).reduce((sum, s) => sum + s.behind, 0)

/** How much of what is here the node had yet to fetch when it last asked. */
export const owed = (n: Pick<Node, 'told'>): number => (n.told ?? []).reduce((sum, s) => sum + s.behind, 0)
