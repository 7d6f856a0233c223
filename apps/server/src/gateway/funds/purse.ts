import type { NodeFigures } from '@cockpit/policy'
import type { Holder } from '../holder.ts'
import type { GrowOutcome, LedgerFigures, ReserveOutcome } from '../ports.ts'
import { type Burn, createBurn } from './burn.ts'
import { chunkFor, fittingLease, isIdle, type Lease, newLease, roomOf, unspentOf } from './lease.ts'
import { createLedger, type Ledger, type LedgerDeps, type Payer } from './ledger.ts'

/** What is reserved for one call, and where: in one of the purse's leases, or in the ledger for this call alone. */
export type Hold = { readonly purse: Purse; on: Lease; amount: bigint; open: boolean }

export type Admission =
  | { kind: 'held'; hold: Hold }
  | { kind: 'denied'; nodeId: string; figures: readonly NodeFigures[] }
  | { kind: 'unavailable' }

/** How it went for a call that needs more than it holds; `unavailable` says nothing about the budget. */
export type Extension = 'extended' | 'denied' | 'unavailable'

/** Which reservation a record names, so that the ledger takes its cost from there. */
export type Source = { kind: 'hold' | 'lease'; id: string; amountMicros: string }

type Waiting = { callId: string; need: bigint; resolve: (admission: Admission) => void }

type Deps = LedgerDeps & {
  now: () => number
  newId: () => string
  onLease: (lease: Lease, purse: Purse) => void
  /** Frees in the ledger what this process keeps reserved through a node and no call needs; false when there is no such thing. */
  makeRoom: (nodeId: string) => Promise<boolean>
}

/** Leases end a little early here, so that a call is never admitted from one the ledger has already taken back. */
const expiryMarginMs = 2_000
const exactForMs = 2_000
/** More holders than these share a purse that is nobody's own. */
const holdersMax = 32

/** The credits of one payer in this process. A class, because it has a lifetime of leases and callers that wait. */
export class Purse {
  readonly payer: Payer
  usedAt: number
  readonly #deps: Deps
  readonly #ledger: Ledger
  #leases: Lease[] = []
  /** Leases that ended and whose rest the ledger has not taken back yet. */
  readonly #ended = new Set<Lease>()
  /** Reservations of single calls, until their records are booked. */
  readonly #exact = new Set<Lease>()
  #waiting: Waiting[] = []
  #serving: Promise<void> | null = null
  #returning: Promise<boolean> | null = null
  #closed = false
  #exactUntil = 0
  #chunk = 0n
  readonly #burn: Burn
  #holders: Map<string, Holder> | null = new Map()
  readonly #releasing = new Set<Promise<void>>()

  constructor(payer: Payer, deps: Deps) {
    this.payer = payer
    this.#deps = deps
    this.#ledger = createLedger(payer, deps)
    this.usedAt = deps.now()
    this.#burn = createBurn(this.usedAt)
  }

  /** Who may call out of it. */
  lendTo(holder: Holder): void {
    this.#holders?.set(holder.id, holder)
    if (this.#holders && this.#holders.size > holdersMax) this.#holders = null
  }

  /** Leases nothing on for holders who are all gone: what no open call needs goes back at the next tending. */
  forsake(isGone: (holder: Holder) => boolean): void {
    const holders = this.#holders
    if (holders && holders.size > 0 && holders.values().every(isGone)) this.usedAt = Number.NEGATIVE_INFINITY
  }

  /** What is left for calls, as far as this process knows. */
  get figures(): readonly LedgerFigures[] {
    return this.#ledger.figures()
  }

  /** Reserves out of the leases at hand, without waiting; null when they have no room. */
  admit(need: bigint): Hold | null {
    if (this.#waiting.length > 0) return null
    const now = this.#deps.now()
    const lease = fittingLease(this.#leases, need, now + expiryMarginMs)
    if (!lease) return null
    this.usedAt = now
    lease.reserved += need
    if (this.room() < this.#chunk / 2n) this.#fillAhead(need)
    return { purse: this, on: lease, amount: need, open: true }
  }

  /** Reserves with the help of the ledger: a new lease, or near exhaustion exactly this call. */
  request(callId: string, need: bigint): Promise<Admission> {
    this.usedAt = this.#deps.now()
    return new Promise((resolve) => {
      this.#waiting.push({ callId, need, resolve })
      this.#serveSoon(0n)
    })
  }

  /** Reserves more for a call that outgrows its hold. */
  async extend(hold: Hold, more: bigint): Promise<Extension> {
    if (this.#takeMore(hold, more)) return 'extended'
    // first what its lease still has, and only the rest anew
    const room = roomOf(hold.on)
    const own = room < more ? room : 0n
    promise(hold, own)
    const extension = await this.#growFor(hold, more - own)
    if (extension !== 'extended' && hold.open) promise(hold, -own)
    return extension
  }

  async #growFor(hold: Hold, more: bigint): Promise<Extension> {
    const { on } = hold
    const isShared = on.kind === 'lease' && !this.#isExact()
    const ahead = { remaining: this.#ledger.remaining(), need: more, burnPerSecond: this.#burn.perSecond() }
    const chunk = (isShared ? chunkFor(ahead) : null) ?? more
    let outcome = await this.#ledger.grow(on, chunk)
    if (outcome?.outcome === 'denied' && chunk > more) {
      this.#goExact()
      outcome = await this.#ledger.grow(on, more)
    }
    if (outcome?.outcome === 'denied' && (await this.#deps.makeRoom(outcome.nodeId)))
      outcome = await this.#ledger.grow(on, more)
    if (outcome?.outcome === 'gone') return this.#moveToExact(hold, more)
    if (outcome?.outcome === 'held' && hold.open) promise(hold, more)
    return extensionBy(outcome?.outcome)
  }

  /** Ends a hold with what the call cost and says which reservation pays. */
  settle(hold: Hold, cost: bigint): Source {
    this.#burn.add(cost, this.#deps.now())
    this.#ledger.spend(cost)
    const { on, amount } = hold
    hold.open = false
    on.reserved -= amount
    on.spent += cost
    on.unshipped++
    return { kind: on.kind, id: on.id, amountMicros: amount.toString() }
  }

  /** Ends a hold of a call that never happened and leaves no record. */
  cancel(hold: Hold): void {
    hold.open = false
    this.#letGo(hold)
  }

  /** Keeps leases alive while the purse is in use, and gives them back when it is not. */
  async tend(idleMs: number): Promise<void> {
    const now = this.#deps.now()
    const idle = now - this.usedAt > idleMs
    const renewAt = now + (this.#deps.ttlMs * 2) / 3
    for (const lease of [...this.#leases]) {
      if (lease.expiresAt <= now) this.#end(lease)
      else if (isIdle(lease) && (idle || this.#isSpent(lease))) await this.#giveBack(lease)
      else if (lease.expiresAt < renewAt) await this.#renew(lease)
    }
    for (const lease of this.#ended) if (isIdle(lease)) await this.#return(lease)
    // a call may stay open for longer than its hold was made for, and its record may take its time
    for (const hold of [...this.#exact]) {
      if (isIdle(hold) || hold.expiresAt <= now) this.#drop(hold)
      else if (hold.expiresAt < renewAt) await this.#renew(hold)
    }
  }

  /** The end: nothing is leased ahead any more, and what is on its way from the ledger goes back too. */
  async giveBackAll(): Promise<void> {
    this.#closed = true
    await this.#serving
    for (const lease of [...this.#leases, ...this.#ended]) await this.#giveBack(lease)
  }

  /** Gives back leases that nobody uses; false when there are none. Who asks meanwhile waits for the same return. */
  giveBackIdle(): Promise<boolean> {
    this.#returning ??= this.#giveBackIdle().finally(() => {
      this.#returning = null
    })
    return this.#returning
  }

  /** Whether calls that ended may still have more reserved in the ledger than they cost. */
  owes(): boolean {
    for (const { unshipped } of this.#exact) if (unshipped > 0) return true
    return this.#leases.some(({ unshipped }) => unshipped > 0)
  }

  /** What is leased and neither spent nor promised. */
  room(): bigint {
    return this.#sumOf(roomOf)
  }

  /** What is leased and not spent; part of it may be promised to open calls. */
  unspent(): bigint {
    return this.#sumOf(unspentOf)
  }

  isEmpty(): boolean {
    return this.#leases.length + this.#ended.size + this.#exact.size + this.#waiting.length === 0
  }

  #sumOf(part: (lease: Lease) => bigint): bigint {
    const until = this.#deps.now() + expiryMarginMs
    let sum = 0n
    for (const lease of this.#leases) if (lease.expiresAt > until) sum += part(lease)
    return sum
  }

  /** More out of its own lease, or all of it out of another. */
  #takeMore(hold: Hold, more: bigint): boolean {
    const { on, amount } = hold
    if (on.kind === 'hold') return false
    const until = this.#deps.now() + expiryMarginMs
    if (roomOf(on) < more || on.expiresAt <= until) {
      const other = fittingLease(this.#leases, amount + more, until)
      if (!other) return false
      on.reserved -= amount
      other.reserved += amount
      hold.on = other
    }
    promise(hold, more)
    return true
  }

  /** What the call held is lost, or its cycle has ended: all of it is reserved anew. */
  async #moveToExact(hold: Hold, more: bigint): Promise<Extension> {
    const amount = hold.amount + more
    const id = this.#deps.newId()
    const outcome = await this.#reserveExactly(id, amount)
    if (outcome?.outcome !== 'held') return extensionBy(outcome?.outcome)
    if (hold.open) {
      this.#letGo(hold)
      Object.assign(hold, { on: this.#exactly(id, amount, outcome.expiresAt), amount })
    } else this.#release(id)
    return 'extended'
  }

  #exactly(id: string, amount: bigint, expiresAt: number): Lease {
    const lease = newLease({ id, kind: 'hold', amount, reserved: amount, expiresAt })
    this.#exact.add(lease)
    this.#deps.onLease(lease, this)
    return lease
  }

  #letGo({ on, amount }: Hold): void {
    on.reserved -= amount
    if (on.kind === 'lease') return
    this.#drop(on)
    this.#release(on.id)
  }

  #isExact(): boolean {
    return this.#deps.now() < this.#exactUntil
  }

  #fillAhead(need: bigint): void {
    if (!this.#closed && !this.#isExact()) this.#serveSoon(need)
  }

  /** One visit to the ledger at a time; whoever waits meanwhile is served from what it brings. */
  #serveSoon(ahead: bigint): void {
    this.#serving ??= this.#serve(ahead)
  }

  async #serve(ahead: bigint): Promise<void> {
    try {
      do {
        const need = this.#waiting.reduce((sum, { need }) => sum + need, 0n) || ahead
        if (!this.#isExact()) await this.#fill(need)
        await this.#serveWaiting()
      } while (this.#waiting.length > 0)
    } finally {
      // in the same turn as the last look at who waits: a caller that comes now starts the next visit
      this.#serving = null
    }
  }

  async #serveWaiting(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = []
    const exact: Promise<void>[] = []
    for (const { callId, need, resolve } of waiting) {
      const hold = this.admit(need)
      if (hold) resolve({ kind: 'held', hold })
      else exact.push(this.#holdExactly(callId, need).then(resolve))
    }
    await Promise.all(exact)
  }

  async #holdExactly(callId: string, need: bigint): Promise<Admission> {
    const outcome = await this.#reserveExactly(callId, need)
    if (!outcome || outcome.outcome === 'duplicate' || outcome.outcome === 'cycle_over') return { kind: 'unavailable' }
    if (outcome.outcome === 'denied') return { kind: 'denied', nodeId: outcome.nodeId, figures: outcome.figures }
    if (chunkFor({ remaining: this.#ledger.remaining(), need, burnPerSecond: 0n }) !== null) this.#exactUntil = 0
    const on = this.#exactly(callId, need, outcome.expiresAt)
    return { kind: 'held', hold: { purse: this, on, amount: need, open: true } }
  }

  /** Credits that only this process keeps reserved must refuse nobody, so they go back before a refusal counts. */
  async #reserveExactly(id: string, amount: bigint): Promise<ReserveOutcome | null> {
    const outcome = await this.#ledger.reserve('hold', id, amount)
    if (outcome?.outcome !== 'denied' || !(await this.#deps.makeRoom(outcome.nodeId))) return outcome
    return this.#ledger.reserve('hold', id, amount)
  }

  async #fill(need: bigint): Promise<void> {
    if (need === 0n) return
    const chunk = chunkFor({ remaining: this.#ledger.remaining(), need, burnPerSecond: this.#burn.perSecond() })
    if (chunk === null) return this.#goExact()
    const id = this.#deps.newId()
    const askedAt = this.#deps.now()
    const outcome = await this.#ledger.reserve('lease', id, chunk)
    if (outcome?.outcome === 'denied') this.#goExact()
    if (outcome?.outcome !== 'held') return
    const expiresAt = Math.min(outcome.expiresAt, askedAt + this.#deps.ttlMs)
    const lease = newLease({ id, kind: 'lease', amount: chunk, reserved: 0n, expiresAt })
    this.#leases.push(lease)
    this.#chunk = chunk
    this.#deps.onLease(lease, this)
  }

  #goExact(): void {
    this.#exactUntil = this.#deps.now() + exactForMs
    // the next lease is sized by fresh figures
    this.#ledger.forget()
  }

  #isSpent(lease: Lease): boolean {
    return roomOf(lease) === 0n || (this.#leases.length > 1 && roomOf(lease) < this.#chunk / 8n)
  }

  #drop(lease: Lease): void {
    if (lease.kind === 'hold') this.#exact.delete(lease)
    else this.#leases = this.#leases.filter((other) => other !== lease)
  }

  async #giveBack(lease: Lease): Promise<void> {
    this.#end(lease)
    await this.#return(lease)
  }

  /** It admits nothing any more, and goes back when its last record is booked. */
  #end(lease: Lease): void {
    this.#drop(lease)
    this.#ended.add(lease)
  }

  /** A ledger that does not answer is asked again: nobody else would give these credits back for a long time. */
  async #return(lease: Lease): Promise<void> {
    try {
      await this.#ledger.release(lease.id)
      this.#ended.delete(lease)
    } catch (error) {
      this.#deps.onFailure(error)
    }
  }

  async #giveBackIdle(): Promise<boolean> {
    const releasing = [...this.#releasing]
    await Promise.all(releasing)
    const idle = this.#leases.filter(isIdle)
    await Promise.all(idle.map((lease) => this.#giveBack(lease)))
    return idle.length > 0 || releasing.length > 0
  }

  async #renew(lease: Lease): Promise<void> {
    if (lease.renewing) return
    lease.renewing = true
    const askedAt = this.#deps.now()
    try {
      const endsAt = await this.#ledger.renew(lease.id)
      if (endsAt === null) lease.kind === 'lease' ? this.#end(lease) : this.#drop(lease)
      else lease.expiresAt = Math.min(endsAt, askedAt + this.#deps.ttlMs)
    } catch (error) {
      this.#deps.onFailure(error)
    } finally {
      lease.renewing = false
    }
  }

  #release(id: string): void {
    const released = this.#ledger
      .release(id)
      .then(nothing, (error) => this.#deps.onFailure(error))
      .finally(() => this.#releasing.delete(released))
    this.#releasing.add(released)
  }
}

const nothing = () => {}

const promise = (hold: Hold, more: bigint) => {
  hold.on.reserved += more
  hold.amount += more
}

const extensionBy = (outcome: (ReserveOutcome | GrowOutcome)['outcome'] | undefined): Extension =>
  outcome === 'held' ? 'extended' : outcome === 'denied' ? 'denied' : 'unavailable'
