import { type ExpressionBuilder, type Selectable, sql } from 'kysely'
import { type DB, jsonb, type Tx } from '../../platform/index.ts'

export type RefusalRow = Selectable<DB['token_refusals']>
export type NewRefusal = Omit<RefusalRow, 'claims'> & { claims: Record<string, unknown> }

export type RefusalFilter = { [K in 'reason' | 'place' | 'refusalId']?: string | undefined }
/** Where a page ends. */
export type Position = { at: Date; id: string }

/** All SQL over `token_refusals`. Needs a platform transaction. */
export const refusalRepository = ({ sql: db }: Tx) => ({
  /** The same refusal again moves up and is counted. */
  async add(rows: readonly NewRefusal[]) {
    await db
      .insertInto('token_refusals')
      .values(rows.map(({ claims, ...row }) => ({ ...row, claims: jsonb(claims as RefusalRow['claims']) })))
      .onConflict((on) =>
        on.column('fingerprint').doUpdateSet({
          at: sql`excluded.at`,
          detail: sql`excluded.detail`,
          claims: sql`excluded.claims`,
          email: sql`excluded.email`,
          request_id: sql`excluded.request_id`,
          times: sql`token_refusals.times + excluded.times`,
        }),
      )
      .execute()
  },
  /** Keeps the last ones of each place: a flood at one door must not wash away what happened at another. */
  async trim(kept: number) {
    await sql`delete from token_refusals where id in (
      select id from (
        select id, row_number() over (partition by place order by at desc, id desc) as nth from token_refusals
      ) as counted where nth > ${kept})`.execute(db)
  },
  page: (limit: number, after: Position | undefined, filter: RefusalFilter): Promise<RefusalRow[]> =>
    db
      .selectFrom('token_refusals')
      .selectAll()
      .$if(after !== undefined, (rows) =>
        rows.where(sql<boolean>`(at, id) < (${after?.at}::timestamptz, ${after?.id})`),
      )
      .where(matching(filter))
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute(),
  async count(filter: RefusalFilter): Promise<number> {
    const { total } = await db
      .selectFrom('token_refusals')
      .select((e) => e.fn.countAll<bigint>().as('total'))
      .where(matching(filter))
      .executeTakeFirstOrThrow()
    return Number(total)
  },
})

const matching =
  ({ reason, place, refusalId }: RefusalFilter) =>
  (e: ExpressionBuilder<DB, 'token_refusals'>) =>
    e.and([
      ...(reason === undefined ? [] : [e('reason', '=', reason)]),
      ...(place === undefined ? [] : [e('place', '=', place)]),
      ...(refusalId === undefined ? [] : [e('id', '=', refusalId)]),
    ])
