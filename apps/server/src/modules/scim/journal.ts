import type { ScimRequest } from '@cockpit/contract/scim'
import { sql } from 'kysely'
import { type Clock, type Ctx, cutPage, type Db, newId, type Tx } from '../../platform/index.ts'

/** How many requests an account keeps. */
const keptMax = 200

export type Entry = { tokenId: string; method: string; path: string; status: number; detail: string | null }

/** What the source asked and what it was told, for whoever has to find out why it complains. */
export const createJournal = ({ db, now }: { db: Db; now: Clock }) => ({
  note: (ctx: Ctx, entry: Entry) =>
    db.tenant(ctx, async (tx) => {
      await journalRepository(tx).insert(newId('sce', now()), now(), entry)
      await journalRepository(tx).seen(entry.tokenId, now())
    }),
  list: (ctx: Ctx, query: { limit: number; after?: string | undefined; refused?: boolean | undefined }) =>
    db.tenant(ctx, (tx) => journalRepository(tx).page(query)),
})

export const journalRepository = ({ sql: db, ctx }: Tx) => {
  const own = (refused?: boolean) =>
    db
      .selectFrom('scim_requests as r')
      .innerJoin('scim_tokens as t', (on) =>
        on.onRef('t.account_id', '=', 'r.account_id').onRef('t.id', '=', 'r.token_id'),
      )
      .where('r.account_id', '=', ctx.accountId)
      .$if(refused === true, (query) => query.where('r.status', '>=', 400))
      .$if(refused === false, (query) => query.where('r.status', '<', 400))
  return {
    async insert(id: string, at: Date, { tokenId, method, path, status, detail }: Entry) {
      const row = { account_id: ctx.accountId, id, at, token_id: tokenId, method, path: path.slice(0, 400) }
      await db
        .insertInto('scim_requests')
        .values({ ...row, status, detail })
        .execute()
      await sql`delete from scim_requests where account_id = ${ctx.accountId} and id <= (
        select id from scim_requests where account_id = ${ctx.accountId} order by id desc offset ${keptMax} limit 1)`.execute(
        db,
      )
    },
    async seen(tokenId: string, at: Date) {
      await db
        .updateTable('scim_tokens')
        .set({ last_used_at: at })
        .where('account_id', '=', ctx.accountId)
        .where('id', '=', tokenId)
        .execute()
    },
    async page({
      limit,
      after,
      refused,
    }: {
      limit: number
      after?: string | undefined
      refused?: boolean | undefined
    }) {
      const rows = await own(refused)
        .selectAll('r')
        .select('t.name as token')
        .$if(after !== undefined, (query) => query.where('r.id', '<', after ?? ''))
        .orderBy('r.id', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await own(refused)
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      const present = ({ id, at, token, method, path, status, detail }: (typeof rows)[number]): ScimRequest => ({
        id,
        at: at.toISOString(),
        token,
        method,
        path,
        status,
        detail,
      })
      return { ...cutPage(rows, limit, present), total: Number(total) }
    },
    async summary() {
      const row = await own()
        .select((e) => [
          e.fn.max('r.at').as('last'),
          e.fn.countAll<bigint>().filterWhere('r.status', '>=', 400).as('refused'),
        ])
        .executeTakeFirstOrThrow()
      return { lastRequestAt: row.last?.toISOString() ?? null, refused: Number(row.refused) }
    },
  }
}
