import type { TracePlan, UsageRecord } from '@cockpit/contract/usage-record'
import pg from 'pg'
import { sha256Hex } from '../../platform/index.ts'
import { type Clock, type Db, type Log, systemCtx, type Tx } from '../../platform/index.ts'
import { ingestRepository } from './ingest.repository.ts'
import type { Settle, SettleItem } from './port.ts'

export type UsageBatch = { plans: readonly TracePlan[]; records: readonly UsageRecord[] }

/** Books a batch: log, sums and ledger in one transaction for each account. The same record twice counts once. */
export type Ingest = (batch: UsageBatch) => Promise<void>

type Deps = {
  db: Db
  now: Clock
  log: Log
  settle: Settle
  touchKeys: (tx: Tx, usedAt: ReadonlyMap<string, Date>) => Promise<void>
}

export const createIngest = ({ db, now, log, settle, touchKeys }: Deps): Ingest => {
  const book = (accountId: string, plans: readonly TracePlan[], records: readonly UsageRecord[]) =>
    db.tenant(systemCtx('usage', accountId), async (tx) => {
      const rows = ingestRepository(tx)
      if (!(await rows.accountExists())) {
        log.warn({ accountId, records: records.length }, 'usage of a deleted account is not booked')
        return
      }
      await rows.insertPlans(plans)
      const fresh = await rows.insertRequests(records)
      if (fresh.length === 0) return
      await rows.insertContents(fresh)
      await rows.addToRollups(fresh)
      await settle(tx, fresh.filter((record) => record.hold || record.creditMicros !== '0').map(toSettle))
      await touchKeys(tx, lastUses(fresh))
      await rows.notify()
    })

  return async ({ plans, records }) => {
    for (const [accountId, own] of byAccount(records)) {
      const wanted = new Set(own.map((record) => record.planId))
      const ownPlans = plans.filter((plan) => plan.accountId === accountId && wanted.has(plan.id))
      try {
        await book(accountId, ownPlans, own)
      } catch (error) {
        if (!isRefusedData(error)) throw error
        await oneByOne(accountId, ownPlans, own)
      }
    }
  }

  /** One bad record must not keep the others from being booked: it is set aside, whole. */
  async function oneByOne(accountId: string, plans: readonly TracePlan[], records: readonly UsageRecord[]) {
    for (const record of records) {
      try {
        await book(accountId, plans, [record])
      } catch (error) {
        if (!isRefusedData(error)) throw error
        log.error(
          { err: error, requestId: record.id, accountId },
          'usage record refused by the database; kept in rejected_usage',
        )
        await db.platform(systemCtx('usage', accountId), (tx) =>
          ingestRepository(tx).reject(record, String(error), now()),
        )
      }
    }
  }
}

/** Integrity and data errors: trying again cannot help. Everything else (connection, lock, shutdown) can pass. */
const isRefusedData = (error: unknown) => error instanceof pg.DatabaseError && /^(22|23|P0)/.test(error.code ?? '')

const toSettle = (record: UsageRecord): SettleItem => ({
  accountId: record.accountId,
  eventId: record.id,
  hold: record.hold && { kind: record.hold.kind, id: record.hold.id, amount: BigInt(record.hold.amountMicros) },
  credits: BigInt(record.creditMicros),
  payloadHash: sha256Hex(`${record.id}|${record.at}|${record.creditMicros}|${record.keyId}|${record.model}`),
  reference: record.id,
})

const lastUses = (records: readonly UsageRecord[]) => {
  const uses = new Map<string, Date>()
  for (const { keyId, at } of records) if (at > (uses.get(keyId)?.getTime() ?? 0)) uses.set(keyId, new Date(at))
  return uses
}

const byAccount = (records: readonly UsageRecord[]) => {
  const groups = new Map<string, UsageRecord[]>()
  for (const record of records) {
    const group = groups.get(record.accountId)
    if (group) group.push(record)
    else groups.set(record.accountId, [record])
  }
  return groups
}
