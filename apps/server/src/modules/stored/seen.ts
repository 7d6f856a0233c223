import type { PageQuery } from '@cockpit/contract/kit'
import type { BatchStatus, StoredBatch, StoredFile } from '@cockpit/contract/stored'
import { type Selectable, sql } from 'kysely'
import { type Clock, type Ctx, cutPage, type DB, type Db, Problem, type Tx } from '../../platform/index.ts'
import { type BatchRow, CreatedBy, dialectOf, ownerOf, present } from './batch-model.ts'
import { batchRepository } from './batch-repository.ts'
import { type Batches, cancelled } from './batches.ts'
import { deleteFile, type Files, fileSubjectOf, readyFiles } from './files.ts'
import type { Policy } from './policy.ts'

type Deps = { db: Db; now: Clock; files: Files; batches: Batches; policy: Policy }

/** Ids have one prefix for each dialect; what follows is in the order of their making. */
const instant = sql<string>`split_part(id, '_', 2)`
const dayMs = 86_400_000

/** What whoever watches over an account sees of the batches and files of all its callers. */
export const createSeen = ({ db, now, files, batches, policy }: Deps) => {
  const find = async (tx: Tx, id: string): Promise<BatchRow> => {
    const row = await batchRepository(tx, tx.ctx.accountId).find(id)
    if (!row) throw new Problem('stored_batch.not_found', `No batch '${id}'.`)
    return row
  }

  return {
    batches: (ctx: Ctx, { limit, after, status }: PageQuery & { status?: BatchStatus | undefined }) =>
      db.tenant(ctx, async (tx) => {
        const all = tx.sql
          .selectFrom('stored_batches')
          .where('account_id', '=', ctx.accountId)
          .$if(status !== undefined, (some) => some.where('status', '=', status ?? ''))
        const rows = await all
          .selectAll()
          .$if(after !== undefined, (some) => some.where(instant, '<', after?.split('_')[1] ?? ''))
          .orderBy(instant, 'desc')
          .limit(limit + 1)
          .execute()
        const { total } = await all.select((e) => e.fn.countAll<bigint>().as('total')).executeTakeFirstOrThrow()
        return { ...cutPage(rows, limit, shown), total: Number(total) }
      }),

    batch: (ctx: Ctx, id: string): Promise<StoredBatch> => db.tenant(ctx, async (tx) => shown(await find(tx, id))),

    cancelBatch: (ctx: Ctx, id: string): Promise<StoredBatch> =>
      db.tenant(ctx, async (tx) => {
        const row = await find(tx, id)
        if (row.ended_at !== null) throw new Problem('stored_batch.ended', `Batch '${id}' has ended already.`)
        return shown(await cancelled(tx, row, now()))
      }),

    /** As its caller reads it: for OpenAI's clients the lines of both files, one file behind the other. */
    async results(ctx: Ctx, id: string): Promise<AsyncIterable<string>> {
      const row = await db.tenant(ctx, (tx) => find(tx, id))
      if (row.ended_at === null) throw new Problem('stored_batch.not_ended', `Batch '${id}' has not ended yet.`)
      return texts(row)
    },

    async files(ctx: Ctx, { limit, after }: PageQuery) {
      const { fileDays } = await policy.get(ctx)
      return db.tenant(ctx, async (tx) => {
        const rows = await readyFiles(tx, ctx.accountId)
          .$if(after !== undefined, (some) => some.where('id', '<', after ?? ''))
          .orderBy('id', 'desc')
          .limit(limit + 1)
          .execute()
        const { total } = await tx.sql
          .selectFrom('stored_files')
          .select((e) => e.fn.countAll<bigint>().as('total'))
          .where('account_id', '=', ctx.accountId)
          .where('status', '=', 'ready')
          .executeTakeFirstOrThrow()
        return { ...cutPage(rows, limit, (row) => shownFile(row, fileDays)), total: Number(total) }
      })
    },

    deleteFile: (ctx: Ctx, id: string): Promise<void> =>
      db.tenant(ctx, async (tx) => {
        const row = await readyFiles(tx, ctx.accountId).where('id', '=', id).executeTakeFirst()
        if (!row) throw new Problem('stored_file.not_found', `No file '${id}'.`)
        await deleteFile(tx, ctx.accountId, id)
        await tx.emit('stored_file.deleted', { subject: fileSubjectOf(row), before: { purpose: row.purpose } })
      }),
  }

  async function* texts(row: BatchRow): AsyncGenerator<string> {
    const owner = ownerOf(row)
    const decoder = new TextDecoder()
    const sources =
      dialectOf(row) === 'anthropic'
        ? [batches.results(owner, row.id)]
        : [row.output_file_id, row.error_file_id].flatMap((id) => (id ? [files.read(owner, id)] : []))
    for (const source of sources) for await (const piece of source) yield decoder.decode(piece, { stream: true })
  }
}

const shown = (row: BatchRow): StoredBatch => {
  const { id, dialect, endpoint, status, counts, errors, createdAt, startedAt, endedAt, expiresAt } = present(row)
  return {
    ...{ id, dialect, endpoint, status, counts, errors: errors ?? [], createdBy: CreatedBy.parse(row.created_by) },
    createdAt: createdAt.toISOString(),
    startedAt: startedAt?.toISOString() ?? null,
    endedAt: endedAt?.toISOString() ?? null,
    expiresAt: expiresAt.toISOString(),
  }
}

const shownFile = (row: Selectable<DB['stored_files']>, fileDays: number): StoredFile => {
  const end = row.created_at.getTime() + fileDays * dayMs
  return {
    ...{ id: row.id, filename: row.filename, purpose: row.purpose, bytes: Number(row.bytes) },
    createdBy: CreatedBy.parse(row.created_by),
    createdAt: row.created_at.toISOString(),
    expiresAt: new Date(Math.min(end, row.expires_at?.getTime() ?? end)).toISOString(),
  }
}
