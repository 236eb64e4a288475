// How long a session still lasts, as it is told.

/** Seconds rounded down to halves of a minute, and to tens at last: who hears the page read out is
    told a few times, not every second. */
export const roundedLeft = (left: number): number => (left >= 30 ? Math.floor(left / 30) * 30 : Math.max(10, Math.floor(left / 10) * 10))
