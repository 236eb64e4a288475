// The little of MQTT 3.1.1 by which a terminal in a browser reaches the platform, in a
// WebSocket's binary messages (docs/wire.md §2): clean session, one topic down, one up, QoS 0.
import { concat, text, u16, utf8 } from './bytes.ts'

/** A string with its length in front. */
const str = (s: string): Uint8Array => {
  const b = utf8(s)
  return concat(Uint8Array.of(b.length >> 8, b.length & 255), b)
}

export function packet(kind: number, ...body: Uint8Array[]): Uint8Array {
  const all = concat(...body)
  const length: number[] = []
  let n = all.length
  do {
    length.push((n & 0x7f) | (n > 0x7f ? 0x80 : 0))
    n >>= 7
  } while (n > 0)
  return concat(Uint8Array.of(kind, ...length), all)
}

const maxPacket = 68 << 10

/** Takes packets out of a stream of bytes that is cut anywhere. */
export class Reader {
  private rest = new Uint8Array()

  /** The packets that are complete with these bytes; throws where MQTT allows none. */
  take(bytes: Uint8Array): { kind: number; body: Uint8Array }[] {
    let b = concat(this.rest, bytes)
    const out = []
    for (;;) {
      let [at, size, shift] = [1, 0, 0]
      for (; at < b.length && b[at]! & 0x80; at++, shift += 7) size |= (b[at]! & 0x7f) << shift
      if (shift > 21) throw new Error('mqtt: length')
      if (at >= b.length) break
      size |= b[at]! << shift
      if (size > maxPacket) throw new Error('mqtt: packet too long')
      if (b.length < at + 1 + size) break
      out.push({ kind: b[0]!, body: b.slice(at + 1, at + 1 + size) })
      b = b.slice(at + 1 + size)
    }
    this.rest = b as Uint8Array<ArrayBuffer>
    return out
  }
}

/** What a PUBLISH carries. */
export function publication(kind: number, body: Uint8Array): { topic: string; payload: Uint8Array } {
  const end = 2 + u16(body, 0)
  return { topic: text(body.slice(2, end)), payload: body.slice(end + (kind & 0x06 ? 2 : 0)) }
}

export interface Link {
  send(payload: Uint8Array): void
  close(): void
}

export interface Options {
  url: string
  code: string
  password: string
  /** Seconds; the platform lets go of who is silent for half as long again. */
  keepAlive: number
  open(link: Link): void
  receive(payload: Uint8Array): void
  /** Once, when the connection is over or never came about; refused says that it was the platform's will. */
  closed(refused: boolean): void
}

/** Opens a connection and subscribes; open is called once orders can come. */
export function connect(o: Options): { close(): void } {
  const socket = new WebSocket(o.url, 'mqtt')
  socket.binaryType = 'arraybuffer'
  const reader = new Reader()
  const up = `t/${o.code}/up`
  let over = false
  let heard = Date.now()
  const end = (refused = false): void => {
    if (over) return
    over = true
    clearInterval(beat)
    clearTimeout(patience)
    socket.close()
    o.closed(refused)
  }
  const send = (p: Uint8Array): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(p as Uint8Array<ArrayBuffer>)
  }
  const patience = setTimeout(() => end(), 15_000) // for CONNACK and SUBACK
  // A connection that died without a word is noticed within one and a half keep-alives.
  const beat = setInterval(() => {
    if (Date.now() - heard > o.keepAlive * 1500) return end()
    send(packet(0xc0))
  }, o.keepAlive * 500)
  const link: Link = { send: (payload) => send(packet(0x30, str(up), payload)), close: () => end() }
  socket.onopen = () => send(packet(0x10, str('MQTT'), Uint8Array.of(4, 0b1100_0010, o.keepAlive >> 8, o.keepAlive & 255), str(o.code), str(o.code), str(o.password)))
  socket.onclose = () => end()
  socket.onerror = () => end()
  const handle = (kind: number, body: Uint8Array): void => {
    if (kind === 0x20) {
      if (body[1]) return end(body[1] === 4 || body[1] === 5)
      send(packet(0x82, Uint8Array.of(0, 1), str(`t/${o.code}/down`), Uint8Array.of(0)))
    } else if (kind === 0x90) {
      if (body[2] === 0x80) return end()
      clearTimeout(patience)
      o.open(link)
    } else if ((kind & 0xf0) === 0x30) {
      o.receive(publication(kind, body).payload)
    }
  }
  socket.onmessage = (event) => {
    heard = Date.now()
    try {
      for (const p of reader.take(new Uint8Array(event.data as ArrayBuffer))) if (!over) handle(p.kind, p.body)
    } catch {
      end()
    }
  }
  return { close: () => end() }
}
