import type { PageQuery } from '@cockpit/contract/kit'
import { decimalOf, usdOf } from '@cockpit/contract/money'
import type { Breakdown, RequestDetail, UsageSeries } from '@cockpit/contract/usage'
import { type Clock, type Ctx, type Db, Problem, platformAccount, reachOf, type Tx } from '../../platform/index.ts'
import { filled, planOf, stepFor, toDetail, toFigures, toRow } from './model.ts'
import {
  cursorFor,
  type Group,
  type Part,
  type RequestFilters,
  type RequestRecord,
  usageRepository,
  type Visibility,
} from './repository.ts'

const dayMs = 86_400_000

export type Usage = ReturnType<typeof createUsage>

export const createUsage = ({ db, now }: { db: Db; now: Clock }) => {
  const range = ({ from, to }: { from?: string | undefined; to?: string | undefined }) => {
    const end = to ? new Date(to) : now()
    return { from: from ? new Date(from) : new Date(end.getTime() - dayMs), to: end }
  }
  return {
    list: (ctx: Ctx, { limit, after, ...filters }: PageQuery & RequestFilters) =>
      seeing(db, ctx, async (tx) => {
        const { rows, total } = await usageRepository(tx).page(filters, visibilityOf(ctx), { limit, after })
        const items = rows.slice(0, limit)
        const last = items.at(-1)
        return { items: items.map(toRow), next: rows.length > limit && last ? cursorFor(last) : null, total }
      }),

    get: (ctx: Ctx, id: string): Promise<RequestDetail> =>
      seeing(db, ctx, async (tx) => {
        const row = await usageRepository(tx).find(id, visibilityOf(ctx))
        if (!row) throw new Problem('request.not_found', `No request '${id}'.`)
        const { deployments } = planOf(row)
        const seen = ctx.actor.isPlatform ? null : await usageRepository(tx).connectionsSeen(deployments)
        const hides = (connectionId: string) => seen !== null && !seen.has(connectionId)
        return toDetail(row, { hides, readsContent: readsContentOf(ctx, row) })
      }),

    /** The last calls of the transaction's account whose texts are kept. */
    async kept(tx: Tx, last: number) {
      const rows = await usageRepository(tx).kept(last)
      const requests = rows.map(({ key_id: keyId, team_id: teamId, org_id: orgId, ...row }) => ({
        ...row,
        keyId,
        teamId,
        orgId,
      }))
      return { kept: await usageRepository(tx).keepsContent(), requests }
    },

    /** What calls of one person came to, of those made around a moment. */
    async bookedCalls(tx: Tx, { userId, ids, around }: { userId: string; ids: readonly string[]; around: Date }) {
      const range = { from: new Date(around.getTime() - dayMs), to: new Date(around.getTime() + dayMs) }
      const rows = ids.length === 0 ? [] : await usageRepository(tx).ofUser(userId, ids, range)
      return new Map(rows.map((row) => [row.id, toFigures(row)]))
    },

    breakdown: (
      ctx: Ctx,
      query: { by: Group; from?: string | undefined; to?: string | undefined; userId?: string | undefined },
    ): Promise<Breakdown> =>
      seeing(db, ctx, async (tx) => {
        const { from, to } = range(query)
        // sums are kept by the hour, so the range starts with a whole one
        const start = new Date(Math.floor(from.getTime() / 3_600_000) * 3_600_000)
        const rows = await usageRepository(tx).breakdown(query.by, { from: start, to }, partRead(ctx, query))
        const items = rows.map((row) => ({
          id: row.id,
          name: row.name ?? (query.by === 'connection' && row.id ? 'Platform' : 'None'),
          requests: Number(row.requests),
          errors: Number(row.errors),
          inputTokens: Number(row.input_tokens),
          outputTokens: Number(row.output_tokens),
          cost: usdOf(BigInt(row.cost_micros)),
          credits: decimalOf(BigInt(row.credit_micros)),
        }))
        return { by: query.by, from: start.toISOString(), to: to.toISOString(), items }
      }),

    series: (
      ctx: Ctx,
      query: { from?: string | undefined; to?: string | undefined; userId?: string | undefined },
    ): Promise<UsageSeries> =>
      seeing(db, ctx, async (tx) => {
        const { from, to } = range(query)
        if (to <= from)
          throw new Problem('input.invalid', 'The range is empty: `to` must be after `from`.', {
            errors: [{ pointer: '/to', detail: 'must be after `from`' }],
          })
        const stepSeconds = stepFor(from, to)
        const rows = await usageRepository(tx).series({ from, to }, stepSeconds, partRead(ctx, query))
        return {
          from: from.toISOString(),
          to: to.toISOString(),
          stepSeconds,
          points: filled(rows, from, to, stepSeconds),
        }
      }),
  }
}

/** Without `usage.read` a person sees what their keys did and what teams delegated to them did; a key what it did itself. */
export const visibilityOf = (ctx: Ctx): Visibility => {
  const reach = reachOf(ctx, 'usage.read')
  if (reach === 'all') return { all: true }
  const { kind, id } = ctx.actor
  return kind === 'key' ? { keyId: id } : { userId: id, teamIds: reach.teamIds }
}

/** Texts are more than figures: those of others need a permission of their own, and nobody reads them in another's name. */
const readsContentOf = (ctx: Ctx, row: RequestRecord): boolean => {
  const { actor, impersonator } = ctx
  if (impersonator) return false
  if ([row.user_id, row.service_account_id, row.key_id].includes(actor.id)) return true
  const reach = reachOf(ctx, 'content.read')
  return reach === 'all' || (row.team_id !== null && reach.teamIds.includes(row.team_id))
}

/** Whose sums a caller may read, of those they ask for. */
const partRead = (ctx: Ctx, { userId }: { userId?: string | undefined }): Part => {
  const reach = reachOf(ctx, 'usage.read')
  return { teamIds: reach === 'all' ? null : reach.teamIds, userId }
}

/** A super admin who chose no account sees the requests of all of them. */
export const seeing = <T>(db: Db, ctx: Ctx, work: (tx: Tx) => Promise<T>): Promise<T> =>
  ctx.accountId === platformAccount && ctx.actor.isPlatform ? db.platform(ctx, work) : db.tenant(ctx, work)
