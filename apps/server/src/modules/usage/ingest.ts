import { readUsageLine } from '@cockpit/contract/usage-line'
import type { TracePlan } from '@cockpit/contract/usage-record'
import pg from 'pg'
import { type Clock, type Db, type Log, systemCtx, type Tx } from '../../platform/index.ts'
import { ingestRepository, type Saved } from './ingest.repository.ts'
import type { Settle } from './port.ts'

/** Records of one account, each a usage line, and the plans they name that may be new. */
export type UsageBatch = { accountId: string; plans: readonly TracePlan[]; lines: Buffer }

/** Books a batch: log, sums and ledger in one transaction. The same record twice counts once. */
export type Ingest = (batch: UsageBatch) => Promise<void>

type Deps = {
  db: Db
  now: Clock
  log: Log
  settle: Settle
  /** What guardrails said about them; writes it once for each. */
  bookVerdicts: (tx: Tx, lines: Buffer) => Promise<void>
  /** What rules of the cache saved with them. */
  bookSaved: (tx: Tx, saved: readonly Saved[]) => Promise<void>
  touchKeys: (tx: Tx, usedAt: ReadonlyMap<string, Date>) => Promise<void>
}

export const createIngest = ({ db, now, log, settle, bookVerdicts, bookSaved, touchKeys }: Deps): Ingest => {
  const book = ({ accountId, plans, lines }: UsageBatch) =>
    db.tenant(systemCtx('usage', accountId), async (tx) => {
      const rows = ingestRepository(tx)
      if (!(await rows.keepAccount())) {
        log.warn({ accountId, bytes: lines.length }, 'usage of a deleted account is not booked')
        return
      }
      await rows.insertPlans(plans)
      const { count, settlements, saved, used } = await rows.book(lines)
      if (count === 0) return
      await settle(tx, accountId, settlements)
      await bookVerdicts(tx, lines)
      await bookSaved(tx, saved)
      await touchKeys(tx, new Map(Object.entries(used).map(([id, at]) => [id, new Date(at)])))
      await rows.notify()
    })

  /** One bad record must not keep the others from being booked: it is set aside, whole. */
  const oneByOne = async ({ accountId, plans, lines }: UsageBatch) => {
    for (const line of lines.toString().split('\n')) {
      if (line === '') continue
      try {
        const named = plans.filter((plan) => line.includes(plan.id))
        await book({ accountId, plans: named, lines: Buffer.from(`${line}\n`) })
      } catch (error) {
        if (!isRefusedData(error)) throw error
        await setAside(accountId, line, error)
      }
    }
  }

  const setAside = async (accountId: string, line: string, error: unknown) => {
    const record = readUsageLine(line)
    const id = String(record.id)
    log.error({ err: error, requestId: id, accountId }, 'usage record refused by the database; kept in rejected_usage')
    await db.platform(systemCtx('usage', accountId), (tx) =>
      ingestRepository(tx).reject({ id, record: JSON.stringify(record), reason: String(error), at: now() }),
    )
  }

  return async (batch) => {
    try {
      await book(batch)
    } catch (error) {
      if (!isRefusedData(error)) throw error
      await oneByOne(batch)
    }
  }
}

/** Integrity and data errors: trying again cannot help. Everything else (connection, lock, shutdown) can pass. */
const isRefusedData = (error: unknown) => error instanceof pg.DatabaseError && /^(22|23|P0)/.test(error.code ?? '')
