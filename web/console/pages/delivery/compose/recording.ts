// How much longer a recording may take.

/** From when on the rest is counted down, seconds. */
const near = 30

/** Whole seconds that are left near the end of a recording; undefined before that. */
export const countdown = (seconds: number, longest: number): number | undefined =>
  longest - seconds <= near ? Math.max(0, Math.ceil(longest - seconds)) : undefined
