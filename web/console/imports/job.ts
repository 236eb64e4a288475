/** What imports of every kind say of themselves. */
export interface Job { id: string; file: string; dryRun: boolean; state: string; startedAt: string }

/** An import is still being worked on. */
export const underway = (j: Job): boolean => ['running', 'checking', 'taking'].includes(j.state)
