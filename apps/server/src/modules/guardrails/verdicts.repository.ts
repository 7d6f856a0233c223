import { GuardrailVerdict } from '@cockpit/contract/guardrail-checks'
import type { GuardrailHit } from '@cockpit/contract/guardrails'
import { type Selectable, sql } from 'kysely'
import type { DB, Tx } from '../../platform/index.ts'

type Filter = { guardrailId?: string | undefined; action?: string | undefined; direction?: string | undefined }
export type SeriesRow = { at: Date; blocked: number; masked: number; noticed: number }

/** All SQL over `guardrail_verdicts`. */
export const verdictRepository = ({ sql: db, ctx }: Tx) => {
  const matching = ({ guardrailId, action, direction }: Filter) =>
    db
      .selectFrom('guardrail_verdicts')
      .where('account_id', '=', ctx.accountId)
      .$if(guardrailId !== undefined, (q) => q.where('guardrail_id', '=', guardrailId ?? ''))
      .$if(action !== undefined, (q) => q.where('action', '=', action ?? ''))
      .$if(direction !== undefined, (q) => q.where('direction', '=', direction ?? ''))

  return {
    /** Of a call that comes twice they are written once. */
    async insert(requestId: string, at: Date, verdicts: readonly GuardrailVerdict[]) {
      const rows = verdicts.map(({ guardrailId, guardrail, check, direction, action, found }, place) => ({
        ...{ account_id: ctx.accountId, request_id: requestId, place, at },
        ...{ guardrail_id: guardrailId, guardrail, check_kind: check, direction, action, found: JSON.stringify(found) },
      }))
      await db
        .insertInto('guardrail_verdicts')
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },
    async page({ limit, after, ...filter }: Filter & { limit: number; after?: string | undefined }) {
      const [requestId = '', place = '0'] = after?.split('.') ?? []
      const rows = await matching(filter)
        .$if(after !== undefined, (q) =>
          q.where(sql<boolean>`(request_id, place) < (${requestId}, ${Number.parseInt(place, 10) || 0})`),
        )
        .selectAll()
        // ids of requests grow with the time of their arrival
        .orderBy('request_id', 'desc')
        .orderBy('place', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await matching(filter)
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      const shown = rows.slice(0, limit)
      const last = shown.at(-1)
      return {
        items: shown.map(present),
        next: rows.length > limit && last ? `${last.request_id}.${last.place}` : null,
        total: Number(total),
      }
    },
    async series(guardrailId: string | undefined, from: Date, to: Date, stepSeconds: number): Promise<SeriesRow[]> {
      const step = sql`make_interval(secs => ${stepSeconds})`
      const rows = await matching({ guardrailId })
        .where('at', '>=', from)
        .where('at', '<', to)
        .select([
          sql<Date>`date_bin(${step}, at, 'epoch'::timestamptz)`.as('at'),
          sql<bigint>`count(*) filter (where action in ('block', 'refused'))`.as('blocked'),
          sql<bigint>`count(*) filter (where action = 'mask')`.as('masked'),
          sql<bigint>`count(*) filter (where action in ('flag', 'log', 'let_pass'))`.as('noticed'),
        ])
        .groupBy(sql`1`)
        .execute()
      return rows.map((row) => ({
        at: row.at,
        blocked: Number(row.blocked),
        masked: Number(row.masked),
        noticed: Number(row.noticed),
      }))
    },
  }
}

const present = (row: Selectable<DB['guardrail_verdicts']>): GuardrailHit => ({
  ...GuardrailVerdict.parse({
    guardrailId: row.guardrail_id,
    guardrail: row.guardrail,
    check: row.check_kind,
    direction: row.direction,
    action: row.action,
    found: row.found,
  }),
  requestId: row.request_id,
  at: row.at.toISOString(),
})
