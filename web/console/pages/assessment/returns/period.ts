/** The last day on which a return may be submitted: its deadline is the first moment after that. */
export const lastDay = (due: string): Date => new Date(Date.parse(due) - 1)
