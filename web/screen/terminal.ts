// A screen as a terminal (internal/terminal/speaker.go): one step of the desk at a time; what
// changed is on the disk before the platform is told of it; the line is kept up, and without it
// everything goes on. What stands on the screen never waits for either.
import { authenticate, isConfirm } from '@/shared/wire/frame.ts'
import { judge } from '@/shared/wire/memory.ts'
import { connect, type Link } from '@/shared/wire/mqtt.ts'
import type { Order } from '@/shared/wire/order.ts'
import { Session, type Heartbeat, type Receipt } from '@/shared/wire/session.ts'
import type { KeyPair } from '@/shared/wire/sm.ts'
import type { Clock } from '@/shared/terminal/clock.ts'
import { Desk, from, newDeskState, type DeskState, type Out } from '@/shared/terminal/desk.ts'
import type { Player } from '@/shared/terminal/player.ts'
import type { Vault } from '@/shared/terminal/vault.ts'
import type { Identity } from './enrolment.ts'

/** Beside the desk: the clock's offset and when it last ran, ms. */
export interface State extends DeskState { offset: number; seen: number }

export const newState = (id: Identity): State => ({ ...newDeskState(id.volume, id.period), offset: 0, seen: 0 })

const maxBacklog = 100
const keepAlive = 30 // seconds
// A warning must not wait for a screen that waits: only who was turned away waits longer.
const [firstPause, lastPause, refusedPause] = [500, 4000, 30_000] // ms

export interface Deps {
  vault: Vault
  key: KeyPair
  identity: Identity
  state: State
  clock: Clock
  player: Player
  /** Something that is shown may have changed. */
  changed(): void
  /** A play order was accepted: its files can be fetched. */
  arrived(o: Order): void
}

export class Terminal {
  readonly desk: Desk
  /** Since when there is no line, ms; undefined while there is one. */
  lostSince: number | undefined
  /** Whether the platform turned us away. */
  refused = false
  private link: Link | undefined
  private session: Session | undefined
  private backlog: Receipt[] = []
  private storing: Promise<void> = Promise.resolve()
  private storageFault = false
  private beaten = 0
  private readonly started: number

  constructor(private readonly d: Deps) {
    this.started = d.clock.now()
    this.lostSince = this.started
    this.desk = new Desk(d.state, {
      play: (e, after) => void this.pass(e, after),
      halt: () => d.player.halt(),
    })
  }

  /** Takes up what was there before a power cut, then goes on line for ever. */
  start(): void {
    this.do((now) => this.desk.wake(now))
    setInterval(() => this.tick(), 1000)
    void this.online()
  }

  private async pass(e: NonNullable<Desk['now']>, after: number): Promise<void> {
    const volume = (e.order.vol ?? this.desk.state.volume) / 100
    const end = await this.d.player.play(e.order, after, volume, (src) => this.do((now) => this.desk.begun(e, src, now)), { from: from(e) / 1000, left: e.order.until / 1000 - this.d.clock.now() })
    if (end) this.do((now) => this.desk.finished(e, end, now))
  }

  private tick(): void {
    this.do((now) => this.desk.tick(now))
    if (this.d.clock.now() - this.beaten >= this.desk.state.period * 1000) this.beat()
    this.d.changed()
  }

  /** Does one step, shows what came of it, stores it, and then sends what it reported. */
  do(step: (now: number) => void): void {
    step(this.d.clock.micros())
    const out = this.desk.out.splice(0)
    if (this.desk.dirty) {
      this.desk.dirty = false
      this.d.changed()
      this.store()
    }
    if (out.length > 0) this.storing = this.storing.then(() => out.forEach((x) => this.send(x)))
  }

  private store(): void {
    const state = structuredClone({ ...this.d.state, offset: this.d.clock.offset, seen: this.d.clock.now() })
    this.storing = this.storing.then(() => this.d.vault.put('state', state)).then(() => { this.storageFault = false }, () => { this.storageFault = true })
  }

  private send(x: Out): void {
    if (!this.link || !this.session) {
      if (!x.pending && x.kind === 'R' && this.backlog.length < maxBacklog) this.backlog.push(x.body as Receipt)
      return
    }
    const { frame, counter } = this.session.seal({ kind: x.kind, body: x.body } as Parameters<Session['seal']>[0])
    if (x.pending) this.desk.left(x.pending, counter, this.d.clock.micros())
    this.link.send(frame)
  }

  private receive(payload: Uint8Array): void {
    if (isConfirm(payload)) {
      const counters = this.session?.confirmed(payload)
      if (counters) this.do(() => this.desk.confirmed(counters))
      return
    }
    const { desk, d } = { desk: this.desk, d: this.d }
    const now = d.clock.micros()
    let { order, reason } = authenticate(payload, { issuers: d.identity.issuers, revoked: desk.state.revoked }, now)
    if (order && reason === '') reason = judge(order, desk.place(d.identity), now, desk.state.memory)
    this.do((now) => desk.take(order, reason, now))
    if (order?.kind === 'play' && reason === '') d.arrived(order)
  }

  private heartbeat(): Heartbeat {
    const { desk, d } = { desk: this.desk, d: this.d }
    const playing = desk.now?.playing ? desk.now.order.id : undefined
    const faults = [...(d.player.blocked ? ['sound'] : []), ...(this.storageFault ? ['storage'] : [])]
    return {
      t: d.clock.micros(), pw: 'mains', link: linkKind(), vol: desk.state.volume, up: Math.max(0, Math.floor((d.clock.now() - this.started) / 1000)),
      boots: desk.state.boots, fw: 'web 1', ...(faults.length > 0 ? { f: faults } : {}), ...(playing ? { play: playing } : {}),
      ...(d.clock.offset !== 0 ? { off: Math.round(d.clock.offset * 1000) } : {}),
    }
  }

  private beat(): void {
    this.beaten = this.d.clock.now()
    this.store() // the hour, for a computer whose clock does not outlive a power cut
    if (!this.link || !this.session) return
    this.link.send(this.session.seal({ kind: 'B', body: this.heartbeat() }).frame)
  }

  /** Heartbeats and sound have changed: tells so before its time. */
  tell(): void { this.beat() }

  private async online(): Promise<void> {
    for (let pause = firstPause; ; pause = Math.min(pause * 2, lastPause)) {
      if (await this.connectOnce()) pause = firstPause
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, (this.refused ? refusedPause : pause) * (0.5 + Math.random()))
        addEventListener('online', () => (clearTimeout(timer), resolve(undefined)), { once: true })
      })
    }
  }

  /** Opens one session and stays until it is over; tells whether the platform admitted us. */
  private async connectOnce(): Promise<boolean> {
    const { d } = this
    if (await d.clock.ask()) this.desk.dirty = true
    let session: Session
    try {
      session = new Session(d.key, d.identity.receiptKey, d.identity.code, d.clock.micros())
    } catch {
      return false
    }
    return new Promise((resolve) => {
      let admitted = false
      const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/mqtt`
      connect({
        url, code: d.identity.code, password: session.token, keepAlive,
        open: (link) => {
          admitted = true
          this.session = session
          this.link = link
          this.lostSince = undefined
          this.refused = false
          this.greet()
        },
        receive: (payload) => this.receive(payload),
        closed: (refused) => {
          this.link = undefined
          this.lostSince ??= d.clock.now()
          if (refused) this.refused = true
          d.changed()
          resolve(admitted)
        },
      })
    })
  }

  /** The hello, what was made off line, and what the platform may have missed. */
  private greet(): void {
    const { desk } = this
    const held = Object.entries(desk.state.memory.orders).filter(([, h]) => !h.f).slice(0, 200).map(([o, h]) => ({ o, v: h.v }))
    this.link!.send(this.session!.seal({ kind: 'H', body: { ...this.heartbeat(), ...(held.length > 0 ? { held } : {}), seq: desk.state.seqs } }).frame)
    this.beaten = this.d.clock.now()
    this.backlog.splice(0).forEach((body) => this.send({ kind: 'R', body }))
    this.do(() => desk.reconnected())
    this.d.changed()
  }
}

/** What the browser knows of how it is connected. */
function linkKind(): string {
  const type = (navigator as { connection?: { type?: string } }).connection?.type
  return type === 'wifi' || type === 'cellular' || type === 'ethernet' ? type : 'other'
}
