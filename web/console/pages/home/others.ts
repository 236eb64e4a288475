// What the map shows beyond the devices in service, which are counted beside it.

const shown = ['planned', 'suspended', 'retired'] as const

/** How many on the map are not in service, by why; what there is none of is left out. */
export const outOfService = (terminals: { state: string }[]): { state: (typeof shown)[number]; count: number }[] =>
  shown.map((state) => ({ state, count: terminals.filter((x) => x.state === state).length })).filter((x) => x.count)
