// Which message a device says it is playing. Devices name the order, whose id is the
// message's own id, not the EBM id that other platforms know it by.

/** The message on the air that a device names, if it is one of ours. */
export const playingOf = <M extends { id: string }>(onAir: M[], playing: string | undefined): M | undefined =>
  playing ? onAir.find((m) => m.id === playing) : undefined
