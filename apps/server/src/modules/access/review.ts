import type { AccessReviewFilters, AccessReviewRow } from '@cockpit/contract/access'
import { RoleName } from '@cockpit/contract/kit'
import { accessOf, type Held } from '@cockpit/policy'
import type { Clock, Ctx, Db, Tx } from '../../platform/index.ts'
import { factsOf } from './facts.ts'
import { readAllFacts } from './facts-repository.ts'
import { csvOf } from './review-csv.ts'
import { type PrincipalRow, subjectRepository } from './subjects-repository.ts'

const batchRows = 200

/** Who can use what in an account, why and since when; computed by the function that enforces it. */
export const createReview = ({ db, now }: { db: Db; now: Clock }) => {
  /** Rows that match, in the order of ids, read in batches: what decides cannot be asked of the database. */
  async function* rows(tx: Tx, filters: AccessReviewFilters, after = ''): AsyncGenerator<AccessReviewRow> {
    const at = now()
    const subjects = subjectRepository(tx, at)
    const facts = await readAllFacts(tx, tx.ctx.accountId)
    let cursor = after
    for (;;) {
      const principals = await subjects.principals({ after: cursor, q: filters.q, limit: batchRows })
      const keys = await subjects.keysOf(principals.map(({ id }) => id))
      for (const principal of principals) {
        const row = rowOf(
          principal,
          facts,
          keys.filter(({ owner_id }) => owner_id === principal.id),
          at,
        )
        if (matches(row, filters)) yield row
      }
      const last = principals.at(-1)
      if (!last || principals.length < batchRows) return
      cursor = last.id
    }
  }

  const collected = (ctx: Ctx, filters: AccessReviewFilters) =>
    db.tenant(ctx, async (tx) => {
      const all: AccessReviewRow[] = []
      for await (const row of rows(tx, filters)) all.push(row)
      return all
    })

  return {
    page: async (
      ctx: Ctx,
      { limit, after = '', ...filters }: AccessReviewFilters & { limit: number; after?: string | undefined },
    ) => {
      const all = await collected(ctx, filters)
      const rest = all.filter(({ id }) => id > after)
      const items = rest.slice(0, limit)
      return { items, next: rest.length > limit ? (items.at(-1)?.id ?? null) : null, total: all.length }
    },
    async *csv(ctx: Ctx, filters: AccessReviewFilters): AsyncGenerator<string> {
      yield* csvOf(await collected(ctx, filters))
    },
    async *lines(ctx: Ctx, filters: AccessReviewFilters): AsyncGenerator<string> {
      for (const row of await collected(ctx, filters)) yield `${JSON.stringify(row)}\n`
    },
  }
}

type Facts = Awaited<ReturnType<typeof readAllFacts>>
type KeyRow = Awaited<ReturnType<ReturnType<typeof subjectRepository>['keysOf']>>[number]

const rowOf = (principal: PrincipalRow, facts: Facts, keys: readonly KeyRow[], at: Date): AccessReviewRow => {
  const { id, kind, name, email, status } = principal
  const own = facts.grants.get(id) ?? []
  const roles = principal.role === null ? [] : [RoleName.parse(principal.role)]
  const access = accessOf(factsOf({ kind, id, roles }, { grants: own, denials: facts.denials }), at)
  const since = new Map(own.map((grant) => [grant.id, grant.since]))
  return {
    id,
    kind,
    name,
    email,
    status,
    lastSeenAt: principal.last_seen_at?.toISOString() ?? null,
    // whoever is suspended may do nothing until they are back
    permissions:
      status === 'suspended' ? [] : [...access.values()].map((held) => entryOf(held, since, principal.created_at)),
    keys: keys.map((key) => ({
      id: key.id,
      name: key.name,
      models: key.models,
      since: key.created_at.toISOString(),
      expiresAt: key.expires_at?.toISOString() ?? null,
      lastUsedAt: key.last_used_at?.toISOString() ?? null,
    })),
  }
}

const entryOf = (
  { permission, reach, grants, deniedBy }: Held,
  since: ReadonlyMap<string | null, Date>,
  joined: Date,
): AccessReviewRow['permissions'][number] => ({
  permission,
  reach: reach === 'all' ? 'account' : 'part',
  parts: reach === 'all' ? [] : [...reach.orgIds, ...reach.teamIds],
  sources: grants.map(({ via, id, role, roleName, expiresAt }) => ({
    via,
    id,
    role: { id: role, name: roleName },
    since: (since.get(id) ?? joined).toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
  })),
  deniedBy: deniedBy && { id: deniedBy.id, reason: deniedBy.reason },
})

/** Each filter asks for somebody with at least one thing of the kind. */
const matches = ({ permissions, keys }: AccessReviewRow, filters: AccessReviewFilters): boolean => {
  const { permission, role, model, keyId, denied, expiring } = filters
  const sources = permissions.flatMap((held) => held.sources)
  const is = (wanted: boolean | undefined, fact: boolean) => wanted === undefined || wanted === fact
  return (
    (!permission || permissions.some((held) => held.permission === permission && !held.deniedBy)) &&
    (!role || sources.some((source) => source.role.id === role)) &&
    (!model || keys.some(({ models }) => models === null || models.includes(model))) &&
    (!keyId || keys.some(({ id }) => id === keyId)) &&
    is(
      denied,
      permissions.some(({ deniedBy }) => deniedBy !== null),
    ) &&
    is(
      expiring,
      sources.some(({ expiresAt }) => expiresAt !== null),
    )
  )
}
