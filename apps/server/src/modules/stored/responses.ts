import type { Owner, Turn } from '@cockpit/contract/stored-calls'
import { sql } from 'kysely'
import { type Clock, type Db, type Sealing, systemCtx, type Tx } from '../../platform/index.ts'

type Json = Turn['response']

type Deps = { db: Db; now: Clock; secrets: Pick<Sealing, 'seal' | 'open'> }
type Row = { id: string; previous_id: string | null; sealed: string; running_until: Date | null }

/** Turns of one conversation; longer ones have long outgrown what any model reads. */
const turnsMax = 1_000

export const createResponses = ({ db, now, secrets }: Deps) => {
  const inAccount = <T>({ accountId }: Owner, work: (tx: Tx) => Promise<T>) =>
    db.tenant(systemCtx('stored', accountId), work)

  const opened = ({ accountId }: Owner, { id, previous_id: previousId, sealed, running_until }: Row): Turn => {
    const { input, response } = JSON.parse(secrets.open(sealed, contextOf(accountId, id))) as {
      input: Json[]
      response: Json
    }
    const isLost = running_until !== null && running_until < now()
    return { id, previousId, input, response: isLost ? { ...response, ...lost } : response }
  }
  const sealedOf = ({ accountId }: Owner, { id, input, response }: Turn): string =>
    secrets.seal(JSON.stringify({ input, response }), contextOf(accountId, id))

  const insert = async (owner: Owner, turn: Turn, running_until: Date | null): Promise<void> => {
    const { accountId: account_id, ownerId: owner_id } = owner
    const { id, previousId: previous_id } = turn
    const row = {
      account_id,
      id,
      owner_id,
      previous_id,
      sealed: sealedOf(owner, turn),
      created_at: now(),
      running_until,
    }
    await inAccount(owner, (tx) => tx.sql.insertInto('stored_responses').values(row).execute())
  }

  /** Ends one that is worked on; null where there is none. */
  const endRunning = (owner: Owner, id: string, end: (response: Json) => Json): Promise<Json | null> =>
    inAccount(owner, async (tx) => {
      const row = await mine(tx, owner, id).where('running_until', 'is not', null).forUpdate().executeTakeFirst()
      if (!row || (row.running_until && row.running_until < now())) return null
      const turn = opened(owner, row)
      const response = end(turn.response)
      await tx.sql
        .updateTable('stored_responses')
        .set({ sealed: sealedOf(owner, { ...turn, response }), running_until: null })
        .where('account_id', '=', owner.accountId)
        .where('id', '=', id)
        .execute()
      return response
    })

  return {
    keep: (owner: Owner, turn: Turn): Promise<void> => insert(owner, turn, null),
    begin: insert,
    end: async (owner: Owner, id: string, response: Json) => void (await endRunning(owner, id, () => response)),
    cancel: (owner: Owner, id: string): Promise<Json | null> =>
      endRunning(owner, id, (response) => ({ ...response, status: 'cancelled' })),

    async renew(owner: Owner, id: string, until: Date): Promise<boolean> {
      const renewed = await inAccount(owner, (tx) =>
        tx.sql
          .updateTable('stored_responses')
          .set({ running_until: until })
          .where('account_id', '=', owner.accountId)
          .where('id', '=', id)
          .where('running_until', 'is not', null)
          .returning('id')
          .execute(),
      )
      return renewed.length > 0
    },

    async find(owner: Owner, id: string): Promise<Turn | null> {
      const row = await inAccount(owner, (tx) => mine(tx, owner, id).executeTakeFirst())
      return row ? opened(owner, row) : null
    },

    async conversation(owner: Owner, id: string): Promise<Turn[] | { missing: string }> {
      const { accountId, ownerId } = owner
      const rows = await inAccount(owner, async (tx) => {
        const found = await sql<Row>`
          with recursive chain as (
            select id, previous_id, sealed, running_until, 1 as depth from stored_responses
            where account_id = ${accountId} and owner_id = ${ownerId} and id = ${id}
            union all
            select r.id, r.previous_id, r.sealed, r.running_until, c.depth + 1 from chain c join stored_responses r
              on r.account_id = ${accountId} and r.owner_id = ${ownerId} and r.id = c.previous_id
            where c.depth < ${turnsMax}
          )
          select id, previous_id, sealed, running_until from chain order by depth desc`.execute(tx.sql)
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

/** Nobody has said for a while that they work on it. */
const lost = {
  status: 'failed',
  error: { code: 'server_error', message: 'The process that worked on this response has ended; ask for it anew.' },
}

const mine = ({ sql: db }: Tx, { accountId, ownerId }: Owner, id: string) =>
  db
    .selectFrom('stored_responses')
    .select(['id', 'previous_id', 'sealed', 'running_until'])
    .where('account_id', '=', accountId)
    .where('owner_id', '=', ownerId)
    .where('id', '=', id)

/** What is sealed for one response opens for no other. */
const contextOf = (accountId: string, id: string) => `${accountId}|${id}|response`
