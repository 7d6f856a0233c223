import type { ModelRoute } from '@cockpit/contract/routing'
import type { CandidateLoad } from '@cockpit/policy'
import type { Failure } from '../upstream/index.ts'
import { createUsual, type Usual } from './usual.ts'

/** A credential that its provider refuses: whatever runs on it is left alone until then. */
export type CredentialState = { deadUntil: number }

/** How long a refused credential is left alone; a rotated one is another credential and serves at once. */
const credentialRestMs = 60_000
/** Where a provider does not say how long it is full. */
const fullMs = 5_000
/** Nobody is left alone for longer because a header says so. */
const fullMaxMs = 600_000
/** A deployment that fails its trial rests twice as long, up to so many times. */
const doublingsMax = 4
/** A measured latency is forgotten after so long, so that who was slow is asked again. */
const latencyKeptMs = 60_000
const latencyShare = 0.3

/** One deployment as this process knows it: its open calls, its latency, and its circuit breaker. A class, as it lives long. */
export class DeploymentLoad {
  readonly connection: string
  readonly upstreamModel: string
  credential: CredentialState
  busy = 0
  failures = 0
  readonly #changed: (to: 'open' | 'closed') => void
  #latencyMs = 0
  #latencyAt = Number.NEGATIVE_INFINITY
  #fullUntil = 0
  #openUntil = 0
  #openings = 0
  /** A call is out that finds whether it is well again. */
  #trying = false
  #minute = 0
  #inMinute = 0
  #inMinuteBefore = 0
  #usual: { streams: Usual; whole: Usual } | null = null

  constructor(
    connection: string,
    upstreamModel: string,
    credential: CredentialState,
    changed: (to: 'open' | 'closed') => void,
  ) {
    this.connection = connection
    this.upstreamModel = upstreamModel
    this.credential = credential
    this.#changed = changed
  }

  began(now: number) {
    this.busy++
    this.#turnMinute(now)
    this.#inMinute++
    if (this.#openUntil > 0 && now >= this.#openUntil) this.#trying = true
  }

  /** Whatever came of it, the attempt is over. */
  ended() {
    this.busy--
    this.#trying = false
  }

  answered(afterMs: number, now: number, isStream: boolean) {
    this.waited(afterMs, now, isStream)
    this.failures = 0
    this.credential.deadUntil = 0
    this.#fullUntil = 0
    if (this.#openUntil === 0) return
    this.#openUntil = 0
    this.#openings = 0
    this.#changed('closed')
  }

  /** It took so long at least. */
  waited(afterMs: number, now: number, isStream: boolean) {
    const isFirst = now - this.#latencyAt > latencyKeptMs
    this.#latencyMs = isFirst ? afterMs : this.#latencyMs + latencyShare * (afterMs - this.#latencyMs)
    this.#latencyAt = now
    this.#usual?.[isStream ? 'streams' : 'whole'].add(afterMs)
  }

  /** How long 95 of 100 took at most, lately; null before there were enough. Counted from when somebody first asks. */
  usualMs(isStream: boolean): number | null {
    this.#usual ??= { streams: createUsual(), whole: createUsual() }
    return this.#usual[isStream ? 'streams' : 'whole'].p95()
  }

  failed(failure: Failure, breaker: ModelRoute['breaker'], now: number) {
    const waitMs = Math.min(failure.retryAfterMs ?? 0, fullMaxMs)
    if (failure.credentialDead) {
      this.credential.deadUntil = now + Math.max(credentialRestMs, waitMs)
      return
    }
    if (failure.status === 429) {
      this.#fullUntil = now + (waitMs || fullMs)
      return
    }
    // what the provider says about the request is no fault of the provider
    if (!failure.elsewhere || failure.status === 404) return
    this.failures++
    const hasFailedTrial = this.#openUntil > 0 && now >= this.#openUntil
    if (!hasFailedTrial && (this.#openUntil > 0 || this.failures < breaker.failures)) return
    this.#openUntil = now + breaker.coolMs * 2 ** Math.min(this.#openings, doublingsMax)
    this.#openings++
    this.#changed('open')
  }

  look(now: number): CandidateLoad {
    const [blocked, blockedUntil] = this.#blocked(now)
    const isKnown = now - this.#latencyAt <= latencyKeptMs
    return {
      busy: this.busy,
      latencyMs: isKnown ? this.#latencyMs : null,
      recent: this.#recent(now),
      blocked,
      blockedUntil,
    }
  }

  #blocked(now: number): [CandidateLoad['blocked'], number] {
    if (now < this.credential.deadUntil) return ['credential', this.credential.deadUntil]
    if (now < this.#openUntil || (this.#openUntil > 0 && this.#trying)) return ['breaker_open', this.#openUntil]
    return now < this.#fullUntil ? ['cooling', this.#fullUntil] : [null, 0]
  }

  /** The calls of the last sixty seconds, as two whole minutes tell it. */
  #recent(now: number): number {
    this.#turnMinute(now)
    const share = 1 - (now % minuteMs) / minuteMs
    return this.#inMinute + Math.floor(this.#inMinuteBefore * share)
  }

  #turnMinute(now: number) {
    const minute = Math.floor(now / minuteMs)
    if (minute === this.#minute) return
    this.#inMinuteBefore = minute === this.#minute + 1 ? this.#inMinute : 0
    this.#inMinute = 0
    this.#minute = minute
  }
}

const minuteMs = 60_000
