/** What the gateway asks of the outside. `app.ts` fills these; tests fill them with something small. */

import type { WorkKind } from '@cockpit/contract/caps'
import type { TrafficBody } from '@cockpit/contract/traffic'
import type { TracePlan } from '@cockpit/contract/usage-record'
import type { NodeFigures, WorkMeasure } from '@cockpit/policy'

/** A slice as publishing stored it. A null body is the tombstone of a deleted account. */
export type StoredSlice = { version: number; accountId: string; body: string | null }

export type SnapshotPort = {
  /** Everything newer than a version, oldest first; all there is for 0. */
  since(version: number): Promise<readonly StoredSlice[]>
  /** Calls back after a change and after every reconnect; returns how to stop listening. */
  onChange(changed: () => void): Promise<() => void>
}

export type ReserveInput = {
  accountId: string
  /** Names the reservation: repeating a call with the same id reserves nothing more. */
  id: string
  /** A `hold` covers one call and ends with its record; a `lease` covers many and lasts until it is released or expires. */
  kind: 'hold' | 'lease'
  path: readonly string[]
  fundingNodeId: string
  amount: bigint
  processId: string
  ttlMs: number
}
/** `remaining` counts what children have carved out, which limit, held and settled alone do not show. */
export type LedgerFigures = NodeFigures & { remaining?: bigint }
export type ReserveOutcome =
  /** `expiresAt` in epoch milliseconds: a reservation ends with its cycle, which may be before its time to live. */
  | { outcome: 'held'; figures: readonly LedgerFigures[]; expiresAt: number }
  | { outcome: 'denied'; nodeId: string; figures: readonly LedgerFigures[] }
  | { outcome: 'duplicate' }
  /** The cycle has ended and the next is not open yet: a moment later it will be. */
  | { outcome: 'cycle_over' }

export type GrowOutcome =
  | { outcome: 'held'; figures: readonly LedgerFigures[] }
  | { outcome: 'denied'; nodeId: string; figures: readonly LedgerFigures[] }
  /** It ended, or its cycle did, or its path is no more. */
  | { outcome: 'gone' }

/**
 * The ledger. A lease stays reserved as a whole: every record that names it moves what it cost out of it, and `release`
 * returns what no record has used. The gateway releases a lease only after all its records are shipped.
 */
export type BudgetPort = {
  reserve(input: ReserveInput): Promise<ReserveOutcome>
  /** Reserves more under the name of what this process has reserved already. */
  grow(input: { accountId: string; id: string; amount: bigint; processId: string }): Promise<GrowOutcome>
  release(input: { accountId: string; id: string }): Promise<unknown>
  /** Keeps a hold or a lease alive. When it ends now, in epoch milliseconds; null when the ledger no longer knows it. */
  renew(input: { accountId: string; id: string; processId: string; ttlMs: number }): Promise<number | null>
  /** Returns all that a process still holds. The gateway asks it for one that died, once its records are shipped. */
  releaseAll(input: { processId: string }): Promise<unknown>
}

/**
 * Records of one account, each a line as it stands in the write-ahead file (`@cockpit/contract/usage-line`): passing bytes on
 * costs the gateway a fraction of passing objects. `plans` are those the records name and the ledger may not know yet.
 */
export type UsageBatch = { accountId: string; plans: readonly TracePlan[]; lines: Buffer }

export type UsagePort = {
  /** Books a batch exactly once by record id; a rejected promise means that nothing may be taken for booked. */
  ship(batch: UsageBatch): Promise<void>
}

/** What a process counted in the few seconds from `at` on, of an account; of all of them under the platform's. */
export type TrafficRow = { accountId: string; at: number; openStreams: number; body: TrafficBody }

/** Who shows live traffic. What is said of the same seconds again replaces what was said before. */
export type TrafficPort = { write(processId: string, rows: readonly TrafficRow[]): Promise<void> }

/** An answer of the cache: whose it is, which rule keeps it, and what it answers. */
export type AnswerName = { accountId: string; ruleId: string; key: string }
/** What became of lookups, and how many answers could not be handed over. */
export type SharedFigures = { hit: number; miss: number; failed: number; resting: number; dropped: number }

/** Answers that processes share. Nothing here fails, and nobody waits for long. */
export type SharedAnswersPort = {
  /** Null too where it cannot be told soon. */
  find(name: AnswerName): Promise<Buffer | null>
  keep(name: AnswerName, answer: Buffer, ttlMs: number): void
  figures(): SharedFigures
}

export type SecretPort = {
  /** The plain text of a sealed secret; throws when key or context do not fit. */
  open(sealed: string, context: string): string
}

/** A tool as its server says it; the hash is over everything that a model or a person reads of it. */
export type SeenTool = { name: string; hash: string; definition: Record<string, unknown> }

export type McpPort = {
  /** What only this installation can open again; every process can. */
  seal(plain: string, context: string): string
  /** A server says other tools than the snapshot knows. Neither waits nor fails. */
  observed(seen: { accountId: string; serverId: string; tools: readonly SeenTool[] }): void
}

/** Addresses inside the own network, which connections of an account must not reach. */
export type AddressPort = { isPrivate(address: string): boolean }

/** The person a token of an identity provider is about. One object for as long as the token is remembered. */
export type TokenUser = {
  readonly userId: string
  /** The account it acts in unless another of theirs is chosen; null for somebody without any. */
  readonly accountId: string | null
  /** It acts in that account and in no other. */
  readonly isRestricted: boolean
  readonly client: string | null
  readonly issuedAt: number
}

export type TokenPort = {
  /** Whether it is worth asking about. */
  mayBe(secret: string): boolean
  /** What is known of a token by its SHA-256, without asking anybody. */
  known(secret: string, digest: string): TokenUser | undefined
  /**
   * Null for whatever is not a good token of somebody who may come in; the reason is noted elsewhere. `issuer_away`: it was
   * good once, and whoever could say whether it still is does not answer.
   */
  verify(secret: string, digest: string): Promise<TokenUser | 'issuer_away' | null>
}

/** Who hears of calls that were refused for where they came from. Neither waits nor fails. */
export type DenialPort = {
  fromElsewhere(attempt: {
    accountId: string
    who: { kind: 'key' | 'user'; id: string; name: string }
    address: string
    userAgent: string | null
    requestId: string
    method: string
    path: string
    message: string
  }): void
}

/** What a process asks of a limit that all share: of a minute, or of calls at once all the places it has and wants. */
export type RateAsk =
  | {
      kind: 'minute'
      name: string
      limit: number
      /** What it took before and has not used; a debt where it is less than nothing. */
      back: number
      want: number
      /** Less is of no use. */
      least: number
    }
  | { kind: 'places'; name: string; limit: number; used: number; want: number }
export type RateGrant = { granted: number /** To nobody yet. */; left: number }

/** A run, a session or an agent that a call belongs to, and what it may use all together; null: without end. */
export type WorkAsk = {
  kind: WorkKind
  /** Of the count, where this is the first call. */
  id: string
  owner: string
  name: string
  period: string
  credits: bigint | null
  tokens: bigint | null
  calls: bigint | null
  seconds: bigint | null
}
/** What it had used before this call, and what it has too little of. */
export type WorkUse = {
  kind: WorkKind
  credits: bigint
  tokens: bigint
  calls: bigint
  /** Its first call, epoch milliseconds. */
  since: number
  short: WorkMeasure | null
}

/** What runs, sessions and agents use, over all processes. */
export type CapPort = {
  /** Reserves in all of them, or in none where one has too little left. */
  take(input: {
    accountId: string
    callId: string
    asks: readonly WorkAsk[]
    credits: bigint
    tokens: number
  }): Promise<readonly WorkUse[]>
  /** Once, however often it is asked. */
  settle(input: {
    accountId: string
    callId: string
    used: { credits: bigint; tokens: number; calls: number }
  }): Promise<void>
}

/** Rates of all gateway processes together. */
export type RatePort = {
  /** Answers each ask in its order, and how many processes there are with this one, which makes itself known by asking. */
  exchange(input: {
    processId: string
    asks: readonly RateAsk[]
    /** It stops. */
    leaves: boolean
    /** What nobody needs any longer is removed. */
    tidy: boolean
  }): Promise<{ processes: number; grants: readonly RateGrant[] }>
}

type ShadowCall = { id: string; durationMs: number; outputTokens: number; creditMicros: bigint }
export type ShadowPort = {
  /** How the copy of a call went beside the call. Neither waits nor fails. */
  note(pair: {
    accountId: string
    modelId: string
    at: Date
    copyModel: string
    verdict: 'same' | 'different' | 'failed'
    original: ShadowCall
    copy: ShadowCall
  }): void
}
