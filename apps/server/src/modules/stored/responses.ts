import { sql } from 'kysely'
import { type Clock, type Db, type Sealing, systemCtx, type Tx } from '../../platform/index.ts'
import type { Json, Owner, Turn } from './port.ts'

type Deps = { db: Db; now: Clock; secrets: Pick<Sealing, 'seal' | 'open'> }
type Row = { id: string; previous_id: string | null; sealed: string }

/** Turns of one conversation; longer ones have long outgrown what any model reads. */
const turnsMax = 1_000

export const createResponses = ({ db, now, secrets }: Deps) => {
  const inAccount = <T>({ accountId }: Owner, work: (tx: Tx) => Promise<T>) =>
    db.tenant(systemCtx('stored', accountId), work)

  const opened = ({ accountId }: Owner, { id, previous_id: previousId, sealed }: Row): Turn => {
    const { input, response } = JSON.parse(secrets.open(sealed, contextOf(accountId, id))) as {
      input: Json[]
      response: Json
    }
    return { id, previousId, input, response }
  }

  return {
    async keep(owner: Owner, { id, previousId, input, response }: Turn): Promise<void> {
      const { accountId, ownerId } = owner
      const sealed = secrets.seal(JSON.stringify({ input, response }), contextOf(accountId, id))
      await inAccount(owner, (tx) =>
        tx.sql
          .insertInto('stored_responses')
          .values({
            ...{ account_id: accountId, id, owner_id: ownerId, previous_id: previousId, sealed, created_at: now() },
          })
          .execute(),
      )
    },

    async find(owner: Owner, id: string): Promise<Turn | null> {
      const row = await inAccount(owner, (tx) =>
        tx.sql
          .selectFrom('stored_responses')
          .select(['id', 'previous_id', 'sealed'])
          .where('account_id', '=', owner.accountId)
          .where('owner_id', '=', owner.ownerId)
          .where('id', '=', id)
          .executeTakeFirst(),
      )
      return row ? opened(owner, row) : null
    },

    async conversation(owner: Owner, id: string): Promise<Turn[] | { missing: string }> {
      const { accountId, ownerId } = owner
      const rows = await inAccount(owner, async (tx) => {
        const found = await sql<Row>`
          with recursive chain as (
            select id, previous_id, sealed, 1 as depth from stored_responses
            where account_id = ${accountId} and owner_id = ${ownerId} and id = ${id}
            union all
            select r.id, r.previous_id, r.sealed, c.depth + 1 from chain c join stored_responses r
              on r.account_id = ${accountId} and r.owner_id = ${ownerId} and r.id = c.previous_id
            where c.depth < ${turnsMax}
          )
          select id, previous_id, sealed from chain order by depth desc`.execute(tx.sql)
        return found.rows
      })
      const [oldest] = rows
      if (!oldest) return { missing: id }
      if (oldest.previous_id !== null) return { missing: oldest.previous_id }
      return rows.map((row) => opened(owner, row))
    },

    async remove(owner: Owner, id: string): Promise<boolean> {
      const removed = await inAccount(owner, (tx) =>
        tx.sql
          .deleteFrom('stored_responses')
          .where('account_id', '=', owner.accountId)
          .where('owner_id', '=', owner.ownerId)
          .where('id', '=', id)
          .returning('id')
          .execute(),
      )
      return removed.length > 0
    },
  }
}

/** What is sealed for one response opens for no other. */
const contextOf = (accountId: string, id: string) => `${accountId}|${id}|response`
