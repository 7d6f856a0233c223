import { sql } from 'kysely'
import type { Tx } from '../../platform/index.ts'

export type Reservation = {
  id: string
  kind: 'hold' | 'lease'
  /** From the pool to the payer. */
  path: readonly string[]
  amount: bigint
  processId: string
}
export type HeldFigures = { nodeId: string; limit: bigint; held: bigint; settled: bigint; remaining: bigint }
export type ReserveOutcome =
  | { outcome: 'held'; figures: HeldFigures[]; expiresAt: number }
  | { outcome: 'denied'; nodeId: string; figures: HeldFigures[] }
  | { outcome: 'duplicate' }
  | { outcome: 'cycle_over' }

/** `gone`: it ended, its cycle is over or its path has changed. */
export type GrowOutcome =
  | Exclude<ReserveOutcome, { outcome: 'held' | 'duplicate' | 'cycle_over' }>
  | { outcome: 'held'; figures: HeldFigures[] }
  | { outcome: 'gone' }
type Moved = { nodeId: string; cycleId: string; limit: bigint; before: bigint; after: bigint }

/** The functions of the database that hold, charge and release. They answer in JSON, with amounts as strings. */
export const holdRepository = ({ sql: db }: Tx, accountId: string) => ({
  async reserve(
    { id, kind, path, amount, processId }: Reservation,
    at: Date,
    expiresAt: Date,
  ): Promise<ReserveOutcome> {
    const { rows } = await sql<{ answer: Answer<ReserveOutcome> }>`
      select budget_reserve(${accountId}, ${id}, ${kind}, ${path}, ${amount}, ${processId}, ${at}, ${expiresAt}) as answer`.execute(
      db,
    )
    const { answer } = rowOf(rows)
    if (answer.outcome === 'held' || answer.outcome === 'denied')
      return { ...answer, figures: answer.figures.map(figuresOf) }
    return answer
  },

  /** Adds to what this process has reserved under an id. */
  async grow(id: string, more: bigint, processId: string, at: Date): Promise<GrowOutcome> {
    const { rows } = await sql<{ answer: Answer<GrowOutcome> }>`
      select budget_grow(${accountId}, ${id}, ${more}, ${processId}, ${at}) as answer`.execute(db)
    const { answer } = rowOf(rows)
    return answer.outcome === 'gone' ? answer : { ...answer, figures: answer.figures.map(figuresOf) }
  },

  /** Books sums by hold, of calls that are known not to be booked yet; `list` is the JSON text as the log answered it. */
  async charge(list: string, at: Date, transactionId: string): Promise<Moved[]> {
    const { rows } = await sql<{ moved: Strings<Moved>[] }>`
      select budget_charge(${accountId}, ${at}, ${transactionId}, ${list}::jsonb) as moved`.execute(db)
    return rowOf(rows).moved.map(movedOf)
  },

  /** With `expired` only what was due by then: holds at their end, leases when nothing of them can still arrive. */
  async release(ids: readonly string[], at: Date, transactionId: string, expired?: { holds: Date; leases: Date }) {
    const { rows } = await sql<{ ended: string[] }>`
      select budget_release(${accountId}, ${at}, ${transactionId}, ${ids}, ${expired?.holds ?? null}, ${expired?.leases ?? null}) as ended`.execute(
      db,
    )
    return rowOf(rows).ended
  },

  /**
   * Extends what is still this process's. A lease admits calls, so it ends with its cycle; a hold waits for the one call it
   * was made for. Returns when each ends now.
   */
  async renew(ids: readonly string[], processId: string, at: Date, expiresAt: Date) {
    const { rows } = await sql<{ id: string; expires_at: Date }>`
      update holds h set expires_at = case h.kind when 'lease' then least(${expiresAt}, c.ends_at) else ${expiresAt} end from budget_cycles c
      where h.account_id = ${accountId} and h.id = any (${ids}) and h.state = 'held'
        and h.process_id = ${processId} and h.expires_at > ${at}
        and c.account_id = h.account_id and c.id = h.cycle_id and (h.kind = 'hold' or (c.state = 'open' and (c.ends_at is null or c.ends_at > ${at})))
      returning h.id, h.expires_at`.execute(db)
    return rows.map((row) => ({ id: row.id, expiresAt: row.expires_at.getTime() }))
  },
})

/** Open holds and leases that are due, by account. Platform work, bounded so that one run stays short. */
export const dueHolds = async ({ sql: db }: Tx, holds: Date, leases: Date, rowsMax = 5_000) => {
  const { rows } = await sql<{ account_id: string; id: string }>`
    select account_id, id from holds
    where state = 'held' and expires_at <= ${holds} and (kind = 'hold' or expires_at <= ${leases})
    order by expires_at limit ${rowsMax}`.execute(db)
  return Map.groupBy(rows, (row) => row.account_id)
}

/** What one process still holds, by account. */
export const holdsOf = async ({ sql: db }: Tx, processId: string) => {
  const { rows } = await sql<{ account_id: string; id: string }>`
    select account_id, id from holds where state = 'held' and process_id = ${processId}`.execute(db)
  return Map.groupBy(rows, (row) => row.account_id)
}

/** An outcome as JSON carries it. */
type Answer<Outcome> = Outcome extends infer O
  ? O extends { figures: unknown }
    ? Omit<O, 'figures'> & { figures: Strings<HeldFigures>[] }
    : O
  : never
type Strings<T> = { [K in keyof T]: T[K] extends bigint ? string : T[K] }

const rowOf = <T>(rows: readonly T[]): T => {
  const [row] = rows
  if (row === undefined) throw new Error('a function of the database answered nothing')
  return row
}

const figuresOf = ({ nodeId, limit, held, settled, remaining }: Strings<HeldFigures>): HeldFigures => ({
  nodeId,
  limit: BigInt(limit),
  held: BigInt(held),
  settled: BigInt(settled),
  remaining: BigInt(remaining),
})

const movedOf = ({ nodeId, cycleId, limit, before, after }: Strings<Moved>): Moved => ({
  nodeId,
  cycleId,
  limit: BigInt(limit),
  before: BigInt(before),
  after: BigInt(after),
})
