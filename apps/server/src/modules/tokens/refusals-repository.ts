import { type Selectable, sql } from 'kysely'
import { type DB, jsonb, type Tx } from '../../platform/index.ts'

export type RefusalRow = Selectable<DB['token_refusals']>
export type NewRefusal = Omit<RefusalRow, 'claims'> & { claims: Record<string, unknown> }

/** All SQL over `token_refusals`. Needs a platform transaction. */
export const refusalRepository = ({ sql: db }: Tx) => ({
  /** The same refusal again moves up and is counted. */
  async add(rows: readonly NewRefusal[]) {
    await db
      .insertInto('token_refusals')
      .values(rows.map(({ claims, ...row }) => ({ ...row, claims: jsonb(claims as RefusalRow['claims']) })))
      .onConflict((on) =>
        on.column('fingerprint').doUpdateSet({
          id: sql`excluded.id`,
          at: sql`excluded.at`,
          detail: sql`excluded.detail`,
          claims: sql`excluded.claims`,
          times: sql`token_refusals.times + excluded.times`,
        }),
      )
      .execute()
  },
  async trim(kept: number) {
    await sql`delete from token_refusals where id in (
      select id from token_refusals order by at desc, id desc offset ${kept})`.execute(db)
  },
  page: (limit: number, after: string | undefined, reason: string | undefined): Promise<RefusalRow[]> =>
    db
      .selectFrom('token_refusals')
      .selectAll()
      .$if(after !== undefined, (rows) => rows.where('id', '<', after ?? ''))
      .$if(reason !== undefined, (rows) => rows.where('reason', '=', reason ?? ''))
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute(),
  async count(reason: string | undefined): Promise<number> {
    const { total } = await db
      .selectFrom('token_refusals')
      .select((e) => e.fn.countAll<bigint>().as('total'))
      .$if(reason !== undefined, (rows) => rows.where('reason', '=', reason ?? ''))
      .executeTakeFirstOrThrow()
    return Number(total)
  },
})
