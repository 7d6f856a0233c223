import type { HolderRef, NewBatch, Owner } from '@cockpit/contract/stored-calls'
import { type Clock, type Db, newId, type Sealing, systemCtx, type Tx } from '../../platform/index.ts'
import { type BatchRow, type LineEnd, lineContext, present, subjectOf } from './batch-model.ts'
import { batchRepository, lineRepository } from './batch-repository.ts'
import { anthropicResult } from './batch-results.ts'
import { ctxOf } from './ctx-of.ts'

export type BatchDeps = { db: Db; now: Clock; secrets: Pick<Sealing, 'seal' | 'open'> }
type Dialect = NewBatch['dialect']
type Page = { after: string | undefined; limit: number; order: 'asc' | 'desc' }

const windowMs = 24 * 3_600_000
const insertedAtOnce = 500
const readAtOnce = 100
const prefixes = { openai: 'batch', anthropic: 'msgbatch' } as const
const ends: readonly LineEnd[] = ['succeeded', 'errored', 'canceled', 'expired']

export const createBatches = ({ db, now, secrets }: BatchDeps) => {
  const inAccount = <T>(accountId: string, work: (tx: Tx) => Promise<T>) =>
    db.tenant(systemCtx('batches', accountId), work)

  const own = async (tx: Tx, { accountId, ownerId }: Owner, dialect: Dialect, id: string) => {
    const row = await batchRepository(tx, accountId).find(id)
    return row && row.owner_id === ownerId && row.dialect === dialect ? row : undefined
  }

  const insertLines = async (
    tx: Tx,
    row: BatchRow,
    lines: readonly { customId: string; request: string }[],
    from = 0,
  ) => {
    for (let at = 0; at < lines.length; at += insertedAtOnce)
      await lineRepository(tx, row).insert(
        lines.slice(at, at + insertedAtOnce).map(({ customId, request }, nth) => {
          const place = from + at + nth
          const context = lineContext({ account_id: row.account_id, batch_id: row.id, place })
          return { place, custom_id: customId, not_before: now(), sealed_request: secrets.seal(request, context) }
        }),
      )
  }

  return {
    insertLines,

    create: (owner: Owner, holder: HolderRef, asked: NewBatch) =>
      db.tenant(ctxOf(owner), async (tx) => {
        const { accountId, ownerId, by } = owner
        const at = now()
        const isOpenai = asked.dialect === 'openai'
        const row = await batchRepository(tx, accountId).insert({
          ...{
            id: newId(prefixes[asked.dialect], at),
            owner_id: ownerId,
            created_by: JSON.stringify(by),
            holder: JSON.stringify(holder),
          },
          ...{ dialect: asked.dialect, endpoint: asked.endpoint, created_at: at },
          expires_at: new Date(at.getTime() + windowMs),
          ...(isOpenai
            ? {
                status: 'validating',
                input_file_id: asked.inputFileId,
                metadata: asked.metadata && JSON.stringify(asked.metadata),
              }
            : { status: 'in_progress', started_at: at, total: asked.lines.length }),
        })
        if (!isOpenai) await insertLines(tx, row, asked.lines)
        await tx.emit('stored_batch.created', {
          subject: subjectOf(row),
          after: { endpoint: row.endpoint, calls: isOpenai ? null : asked.lines.length },
        })
        return present(row)
      }),

    async find(owner: Owner, dialect: Dialect, id: string) {
      const row = await inAccount(owner.accountId, (tx) => own(tx, owner, dialect, id))
      return row ? present(row) : null
    },

    async list({ accountId, ownerId }: Owner, dialect: Dialect, { after, limit, order }: Page) {
      const rows = await inAccount(accountId, ({ sql }) =>
        sql
          .selectFrom('stored_batches')
          .selectAll()
          .where('account_id', '=', accountId)
          .where('owner_id', '=', ownerId)
          .where('dialect', '=', dialect)
          .$if(after !== undefined, (all) => all.where('id', order === 'asc' ? '>' : '<', after ?? ''))
          .orderBy('id', order)
          .limit(limit + 1)
          .execute(),
      )
      return rows.map(present)
    },

    cancel: (owner: Owner, dialect: Dialect, id: string) =>
      db.tenant(ctxOf(owner), async (tx) => {
        const row = await own(tx, owner, dialect, id)
        return row ? present(await cancelled(tx, row, now())) : null
      }),

    remove: (owner: Owner, id: string): Promise<boolean | null> =>
      db.tenant(ctxOf(owner), async (tx) => {
        const row = await own(tx, owner, 'anthropic', id)
        if (!row) return null
        if (row.ended_at === null) return false
        await batchRepository(tx, owner.accountId).remove(id)
        await tx.emit('stored_batch.deleted', { subject: subjectOf(row), before: { calls: row.total } })
        return true
      }),

    async *results(owner: Owner, id: string): AsyncGenerator<Buffer> {
      const row = await inAccount(owner.accountId, (tx) => own(tx, owner, 'anthropic', id))
      if (!row) return
      for (let after = -1; ; ) {
        const lines = await inAccount(owner.accountId, (tx) => lineRepository(tx, row).page(ends, after, readAtOnce))
        const last = lines.at(-1)
        if (!last) return
        after = last.place
        yield Buffer.concat(lines.map((line) => anthropicResult(line, secrets)))
      }
    },
  }
}
export type Batches = ReturnType<typeof createBatches>

/** Asked twice, or of one that has ended, it changes nothing. */
export const cancelled = async (tx: Tx, row: BatchRow, at: Date): Promise<BatchRow> => {
  const batches = batchRepository(tx, row.account_id)
  const fields = { status: 'cancelling', cancelling_at: at }
  const changed = await batches.updateWhile(row.id, ['validating', 'in_progress'], fields)
  if (!changed) return (await batches.find(row.id)) ?? row
  await tx.emit('stored_batch.cancelled', { subject: subjectOf(row), before: { status: row.status } })
  return changed
}
