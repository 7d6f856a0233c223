import { LabVote, labRunsMax, NewLabRun } from '@cockpit/contract/lab-runs'
import { type Selectable, sql } from 'kysely'
import { z } from 'zod'
import type { DB, Tx } from '../../platform/index.ts'

const Body = NewLabRun.omit({ prompt: true })
const Votes = z.array(LabVote.nullable())

export type StoredRun = NewLabRun & {
  id: string
  ownerId: string
  ownerName: string | null
  createdAt: Date
  votes: (LabVote | null)[]
  notes: string
  shared: boolean
}
type Page = { q?: string | undefined; limit: number; after?: string | undefined }

/** All SQL over `lab_runs`, of the transaction's account. */
export const labRunRepository = ({ sql: db, ctx }: Tx) => {
  const mine = () =>
    db.selectFrom('lab_runs').where('account_id', '=', ctx.accountId).where('owner_id', '=', ctx.actor.id)
  const one = (id: string) =>
    db
      .selectFrom('lab_runs')
      .leftJoin('users', 'users.id', 'lab_runs.owner_id')
      .selectAll('lab_runs')
      .select('users.name as owner_name')
      .where('lab_runs.account_id', '=', ctx.accountId)
      .where('lab_runs.id', '=', id)

  return {
    async page({ q, limit, after }: Page) {
      const wanted = mine().$if(Boolean(q), (runs) => {
        const pattern = `%${(q ?? '').replace(/[\\%_]/g, '\\$&')}%`
        return runs.where((where) => where.or([where('prompt', 'ilike', pattern), where('notes', 'ilike', pattern)]))
      })
      const rows = await wanted
        .selectAll()
        .$if(after !== undefined, (runs) => runs.where('id', '<', after ?? ''))
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await wanted.select(sql<string>`count(*)`.as('total')).executeTakeFirstOrThrow()
      return { rows: rows.map((row) => present({ ...row, owner_name: null })), total: Number(total) }
    },
    /** The caller's, and what others shared. */
    async find(id: string): Promise<StoredRun | null> {
      const row = await one(id)
        .where((where) => where.or([where('owner_id', '=', ctx.actor.id), where('shared', '=', true)]))
        .executeTakeFirst()
      return row ? present(row) : null
    },
    /** The caller's, held until the end of the transaction. */
    async hold(id: string): Promise<StoredRun | null> {
      const row = await one(id).where('owner_id', '=', ctx.actor.id).forUpdate('lab_runs').executeTakeFirst()
      return row ? present(row) : null
    },
    /** The caller's, or with `others` also what anybody shared; held as above. */
    async holdToRemove(id: string, others: boolean): Promise<StoredRun | null> {
      const row = await one(id)
        .where((where) =>
          where.or([where('owner_id', '=', ctx.actor.id), ...(others ? [where('shared', '=', true)] : [])]),
        )
        .forUpdate('lab_runs')
        .executeTakeFirst()
      return row ? present(row) : null
    },
    async sharedCount(): Promise<number> {
      const shared = mine().where('shared', '=', true).select(sql<string>`count(*)`.as('count'))
      return Number((await shared.executeTakeFirstOrThrow()).count)
    },
    async insert(id: string, { prompt, ...body }: NewLabRun, at: Date) {
      const votes = JSON.stringify(body.results.map(() => null))
      await db
        .insertInto('lab_runs')
        .values({
          ...{ account_id: ctx.accountId, id, owner_id: ctx.actor.id, created_at: at },
          ...{ prompt, body: JSON.stringify(body), votes, notes: '', shared: false },
        })
        .execute()
    },
    async update(id: string, { votes, notes, shared }: Pick<StoredRun, 'votes' | 'notes' | 'shared'>) {
      await db
        .updateTable('lab_runs')
        .set({ votes: JSON.stringify(votes), notes, shared })
        .where('account_id', '=', ctx.accountId)
        .where('owner_id', '=', ctx.actor.id)
        .where('id', '=', id)
        .execute()
    },
    /** One that was held before. */
    async remove(id: string) {
      await db.deleteFrom('lab_runs').where('account_id', '=', ctx.accountId).where('id', '=', id).execute()
    },
    /** Those of somebody that nobody else sees; how many there were. */
    async removePrivateOf(ownerId: string): Promise<number> {
      const gone = db.deleteFrom('lab_runs').where('account_id', '=', ctx.accountId).where('owner_id', '=', ownerId)
      return Number((await gone.where('shared', '=', false).executeTakeFirst()).numDeletedRows)
    },
    /** The oldest of the caller's that nobody else sees, beyond what is kept. */
    async makeRoom() {
      await db
        .deleteFrom('lab_runs')
        .where('account_id', '=', ctx.accountId)
        .where('owner_id', '=', ctx.actor.id)
        .where('shared', '=', false)
        .where('id', 'in', mine().select('id').where('shared', '=', false).orderBy('id', 'desc').offset(labRunsMax))
        .execute()
    },
  }
}

const present = (row: Selectable<DB['lab_runs']> & { owner_name: string | null }): StoredRun => ({
  ...Body.parse(row.body),
  id: row.id,
  ownerId: row.owner_id,
  ownerName: row.owner_name,
  createdAt: row.created_at,
  prompt: row.prompt,
  votes: Votes.parse(row.votes),
  notes: row.notes,
  shared: row.shared,
})
