import { type NodeFigures, remainingOf } from '@cockpit/policy'
import type { BudgetPort, LedgerFigures, ReserveOutcome } from '../ports.ts'
import { type Burn, createBurn } from './burn.ts'
import { chunkFor, fittingLease, type Lease, type LeaseRoom, roomOf } from './lease.ts'
import { createShown } from './shown.ts'

export type Payer = { accountId: string; path: readonly string[]; fundingNodeId: string }

/**
 * What is reserved for one call. `id` names the exact hold; null means that it began in the purse's leases. `leased` is the
 * part of the amount that leases give.
 */
export type Hold = { readonly purse: Purse; id: string | null; amount: bigint; leased: bigint; extras: string[] }

export type Admission =
  | { kind: 'held'; hold: Hold }
  | { kind: 'denied'; nodeId: string; figures: readonly NodeFigures[] }
  | { kind: 'unavailable' }

/** Which reservation a record names, so that the ledger takes its cost from there. */
export type Source = { kind: 'hold' | 'lease'; id: string; amountMicros: string }

type Waiting = { callId: string; need: bigint; resolve: (admission: Admission) => void }

type Deps = {
  budget: BudgetPort
  processId: string
  ttlMs: number
  now: () => number
  newId: () => string
  onLease: (lease: Lease, purse: Purse) => void
  onFailure: (error: unknown) => void
  /** Frees in the ledger what this process keeps reserved through a node and no call needs; false when there is no such thing. */
  makeRoom: (nodeId: string) => Promise<boolean>
  /** What is leased through a node and not spent yet, promised to open calls or not. */
  unspent: (nodeId: string) => LeaseRoom
}

/** Leases end a little early here, so that a call is never admitted from one the ledger has already taken back. */
const expiryMarginMs = 2_000
const exactForMs = 2_000
/** The credits of one payer in this process. A class, because it has a lifetime of leases and callers that wait. */
export class Purse {
  readonly payer: Payer
  usedAt: number
  readonly #deps: Deps
  /** What the ledger said last, by which the next lease is sized. */
  #known: readonly LedgerFigures[] = []
  readonly #shown = createShown()
  #leases: Lease[] = []
  #reserved = 0n
  #waiting: Waiting[] = []
  #serving: Promise<void> | null = null
  #returning: Promise<boolean> | null = null
  #closed = false
  #exactUntil = 0
  #chunk = 0n
  readonly #burn: Burn
  /** Holds of calls that ended, and how many of them are booked for certain. */
  #holdsEnded = 0
  #holdsBooked = 0
  readonly #releasing = new Set<Promise<void>>()

  constructor(payer: Payer, deps: Deps) {
    this.payer = payer
    this.#deps = deps
    this.usedAt = deps.now()
    this.#burn = createBurn(this.usedAt)
  }

  /** What is left for calls, as far as this process knows. */
  get figures(): readonly LedgerFigures[] {
    return this.#shown.figures()
  }

  /** Reserves out of the leases at hand, without waiting; null when they have no room. */
  admit(need: bigint): Hold | null {
    if (this.#waiting.length > 0) return null
    const left = this.#available() - need
    if (left < 0n) return null
    this.usedAt = this.#deps.now()
    this.#reserved += need
    if (left < this.#chunk / 2n) this.#fillAhead(need)
    return { purse: this, id: null, amount: need, leased: need, extras: [] }
  }

  /** Reserves with the help of the ledger: a new lease, or near exhaustion exactly this call. */
  request(callId: string, need: bigint): Promise<Admission> {
    this.usedAt = this.#deps.now()
    return new Promise((resolve) => {
      this.#waiting.push({ callId, need, resolve })
      this.#serveSoon(0n)
    })
  }

  /** Reserves more for a call that outgrows its hold; false when the budget has no more. */
  async extend(hold: Hold, more: bigint): Promise<boolean> {
    if (this.#takeMore(hold, more)) return true
    if (hold.id === null && !this.#isExact()) {
      await this.#fill(more)
      if (this.#takeMore(hold, more)) return true
    }
    const id = this.#deps.newId()
    const outcome = await this.#reserveExactly(id, more)
    if (outcome?.outcome !== 'held') return false
    hold.extras.push(id)
    hold.amount += more
    return true
  }

  /** Ends a hold with what the call cost and says which reservation pays. */
  settle(hold: Hold, cost: bigint): Source {
    this.#burn.add(cost, this.#deps.now())
    this.#shown.spend(cost)
    for (const id of hold.extras) this.#release(id)
    if (hold.id !== null) {
      this.#holdsEnded++
      return { kind: 'hold', id: hold.id, amountMicros: hold.amount.toString() }
    }
    this.#reserved -= hold.leased
    const lease = fittingLease(this.#leases, cost)
    // all leases were lost to an expiry: the ledger books the late cost against the one it knows by that name
    if (!lease) return { kind: 'lease', id: this.#lastLeaseId, amountMicros: hold.amount.toString() }
    lease.spent += cost
    lease.unshipped++
    return { kind: 'lease', id: lease.id, amountMicros: hold.amount.toString() }
  }

  /** Ends a hold of a call that never happened and leaves no record. */
  cancel(hold: Hold): void {
    for (const id of hold.extras) this.#release(id)
    if (hold.id !== null) this.#release(hold.id)
    else this.#reserved -= hold.leased
  }

  /** Keeps leases alive while the purse is in use, and gives them back when it is not. */
  async tend(idleMs: number): Promise<void> {
    const now = this.#deps.now()
    const idle = now - this.usedAt > idleMs && this.#reserved === 0n
    for (const lease of [...this.#leases]) {
      if (lease.expiresAt <= now) this.#drop(lease)
      else if (lease.unshipped === 0 && (idle || this.#isSpent(lease))) await this.#giveBack(lease)
      else if (lease.expiresAt - now < (this.#deps.ttlMs * 2) / 3) await this.#renew(lease)
    }
  }

  /** The end: nothing is leased ahead any more, and what is on its way from the ledger goes back too. */
  async giveBackAll(): Promise<void> {
    this.#closed = true
    await this.#serving
    for (const lease of [...this.#leases]) await this.#giveBack(lease)
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
    return this.#holdsEnded > this.#holdsBooked || this.#leases.some(({ unshipped }) => unshipped > 0)
  }

  /** Has their records booked. */
  async book(catchUp: () => Promise<boolean>): Promise<boolean> {
    const ended = this.#holdsEnded
    const caughtUp = await catchUp()
    if (caughtUp) this.#holdsBooked = Math.max(this.#holdsBooked, ended)
    return caughtUp
  }

  /** What is leased and neither spent nor promised. */
  room(): bigint {
    const available = this.#available()
    return available > 0n ? available : 0n
  }

  /** What is leased and not spent; part of it may be promised to open calls. */
  unspent(): bigint {
    return this.#available() + this.#reserved
  }

  isEmpty(): boolean {
    return this.#leases.length === 0 && this.#reserved === 0n && this.#waiting.length === 0
  }

  #lastLeaseId = ''

  #available(): bigint {
    const until = this.#deps.now() + expiryMarginMs
    let room = -this.#reserved
    for (const lease of this.#leases) if (lease.expiresAt > until) room += roomOf(lease)
    return room
  }

  #takeMore(hold: Hold, more: bigint): boolean {
    if (hold.id !== null || this.#available() < more) return false
    this.#reserved += more
    hold.amount += more
    hold.leased += more
    return true
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
    if (chunkFor({ remaining: this.#remaining(), need, burnPerSecond: 0n }) !== null) this.#exactUntil = 0
    return { kind: 'held', hold: { purse: this, id: callId, amount: need, leased: 0n, extras: [] } }
  }

  /** Credits that only this process keeps reserved must refuse nobody, so they go back before a refusal counts. */
  async #reserveExactly(id: string, amount: bigint): Promise<ReserveOutcome | null> {
    const outcome = await this.#reserve('hold', id, amount)
    if (outcome?.outcome !== 'denied' || !(await this.#deps.makeRoom(outcome.nodeId))) return outcome
    return this.#reserve('hold', id, amount)
  }

  async #fill(need: bigint): Promise<void> {
    if (need === 0n) return
    const chunk = chunkFor({ remaining: this.#remaining(), need, burnPerSecond: this.#burn.perSecond() })
    if (chunk === null) return this.#goExact()
    const id = this.#deps.newId()
    const askedAt = this.#deps.now()
    const outcome = await this.#reserve('lease', id, chunk)
    if (outcome?.outcome === 'denied') this.#goExact()
    if (outcome?.outcome !== 'held') return
    const expiresAt = Math.min(outcome.expiresAt, askedAt + this.#deps.ttlMs)
    const lease: Lease = { id, amount: chunk, spent: 0n, unshipped: 0, expiresAt, renewing: false }
    this.#leases.push(lease)
    this.#lastLeaseId = id
    this.#chunk = chunk
    this.#deps.onLease(lease, this)
  }

  #goExact(): void {
    this.#exactUntil = this.#deps.now() + exactForMs
    // the next lease is sized by fresh figures
    this.#known = []
  }

  #remaining(): bigint | null {
    let least: bigint | null = null
    for (const figure of this.#known) {
      const left = figure.remaining ?? remainingOf(figure)
      if (least === null || left < least) least = left
    }
    return least
  }

  async #reserve(kind: 'hold' | 'lease', id: string, amount: bigint): Promise<ReserveOutcome | null> {
    const { processId, ttlMs, budget } = this.#deps
    try {
      const outcome = await budget.reserve({ ...this.payer, kind, id, amount, processId, ttlMs })
      if ('figures' in outcome) {
        this.#known = outcome.figures
        this.#shown.look(outcome.figures, this.#readyAfter(kind, outcome.outcome === 'held' ? amount : null))
      }
      return outcome
    } catch (error) {
      this.#deps.onFailure(error)
      return null
    }
  }

  /** What the ledger just gave is left to the call that asked; to one that it refused even what others lease is of no use. */
  #readyAfter(kind: 'hold' | 'lease', given: bigint | null): (nodeId: string) => bigint {
    if (kind === 'hold' && given === null) return () => 0n
    return (nodeId) => {
      const { all, own } = this.#deps.unspent(nodeId)
      return (given ?? 0n) + (nodeId === this.payer.fundingNodeId ? own : all)
    }
  }

  #isSpent(lease: Lease): boolean {
    return (
      roomOf(lease) === 0n || (this.#leases.length > 1 && this.#reserved === 0n && roomOf(lease) < this.#chunk / 8n)
    )
  }

  #drop(lease: Lease): void {
    this.#leases = this.#leases.filter((other) => other !== lease)
  }

  async #giveBack(lease: Lease): Promise<void> {
    this.#drop(lease)
    await this.#deps.budget
      .release({ accountId: this.payer.accountId, id: lease.id })
      .catch((error) => this.#deps.onFailure(error))
  }

  async #giveBackIdle(): Promise<boolean> {
    const releasing = [...this.#releasing]
    await Promise.all(releasing)
    if (this.#reserved > 0n) return releasing.length > 0
    const idle = this.#leases.filter(({ unshipped }) => unshipped === 0)
    await Promise.all(idle.map((lease) => this.#giveBack(lease)))
    return idle.length > 0 || releasing.length > 0
  }

  async #renew(lease: Lease): Promise<void> {
    if (lease.renewing) return
    lease.renewing = true
    const askedAt = this.#deps.now()
    try {
      const { ttlMs, processId, budget } = this.#deps
      const endsAt = await budget.renew({ accountId: this.payer.accountId, id: lease.id, processId, ttlMs })
      if (endsAt === null) this.#drop(lease)
      else lease.expiresAt = Math.min(endsAt, askedAt + ttlMs)
    } catch (error) {
      this.#deps.onFailure(error)
    } finally {
      lease.renewing = false
    }
  }

  #release(id: string): void {
    const released = this.#deps.budget
      .release({ accountId: this.payer.accountId, id })
      .then(nothing, (error) => this.#deps.onFailure(error))
      .finally(() => this.#releasing.delete(released))
    this.#releasing.add(released)
  }
}

const nothing = () => {}
