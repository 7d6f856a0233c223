import type { AccessReviewFilters, AccessReviewRow } from '@cockpit/contract/access'
import { RoleName } from '@cockpit/contract/kit'
import { accessOf, type Held } from '@cockpit/policy'
import type { Clock, Ctx, Db, Tx } from '../../platform/index.ts'
import { factsOf } from './facts.ts'
import { readAllFacts } from './facts-repository.ts'
import { csvOf } from './review-csv.ts'
import { type PrincipalRow, subjectRepository } from './subjects-repository.ts'

const batchRows = 1_000

/** Who can use what in an account, why and since when; computed by the function that enforces it. */
export const createReview = ({ db, now }: { db: Db; now: Clock }) => {
  /** Rows that match, in the order of ids, read in batches: what decides cannot be asked of the database. */
  async function* rows(
    tx: Tx,
    filters: AccessReviewFilters,
    { after = '', batch = batchRows } = {},
  ): AsyncGenerator<AccessReviewRow> {
    const at = now()
    const subjects = subjectRepository(tx, at)
    const facts = await readAllFacts(tx, tx.ctx.accountId)
    let cursor = after
    for (;;) {
      const principals = await subjects.principals({ after: cursor, q: filters.q, limit: batch })
      const keys = Map.groupBy(await subjects.keysOf(principals.map(({ id }) => id)), ({ owner_id }) => owner_id)
      for (const principal of principals) {
        const row = rowOf(principal, facts, keys.get(principal.id) ?? [], at)
        if (matches(row, filters)) yield row
      }
      const last = principals.at(-1)
      if (!last || principals.length < batch) return
      cursor = last.id
    }
  }

  const collected = (ctx: Ctx, filters: AccessReviewFilters) =>
    db.tenant(ctx, async (tx) => {
      const all: AccessReviewRow[] = []
      for await (const row of rows(tx, filters)) all.push(row)
      return all
    })

  /** Only what is shown is worked out; how many there are is asked of the database. */
  const plainPage = (ctx: Ctx, { limit, after, q }: { limit: number; after: string; q: string | undefined }) =>
    db.tenant(ctx, async (tx) => {
      const rest: AccessReviewRow[] = []
      for await (const row of rows(tx, { q }, { after, batch: limit + 1 })) if (rest.push(row) > limit) break
      return { rest, total: await subjectRepository(tx, now()).countPrincipals(q) }
    })

  /** What is filtered by what people may do has to be worked out for everybody. */
  const filteredPage = async (ctx: Ctx, after: string, filters: AccessReviewFilters) => {
    const all = await collected(ctx, filters)
    return { rest: all.filter(({ id }) => id > after), total: all.length }
  }

  return {
    page: async (
      ctx: Ctx,
      { limit, after = '', ...filters }: AccessReviewFilters & { limit: number; after?: string | undefined },
    ) => {
      const { q, ...workedOut } = filters
      const isPlain = Object.values(workedOut).every((value) => value === undefined)
      const { rest, total } = await (isPlain ? plainPage(ctx, { limit, after, q }) : filteredPage(ctx, after, filters))
      const items = rest.slice(0, limit)
      return { items, next: rest.length > limit ? (items.at(-1)?.id ?? null) : null, total }
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
  // whoever is suspended may do nothing until they are back, nor do their keys open anything
  const isOut = status === 'suspended'
  return {
    id,
    kind,
    name,
    email,
    status,
    lastSeenAt: principal.last_seen_at?.toISOString() ?? null,
    permissions: isOut ? [] : [...access.values()].map((held) => entryOf(held, since, principal.created_at)),
    keys: (isOut ? [] : keys).map((key) => ({
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
