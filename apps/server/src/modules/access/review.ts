import type { AccessReviewFilters, AccessReviewRow } from '@cockpit/contract/access'
import { RoleName } from '@cockpit/contract/kit'
import { accessOf } from '@cockpit/policy'
import type { Clock, Ctx, Db, Tx } from '../../platform/index.ts'
import { factsOf } from './facts.ts'
import { readAllFacts } from './facts-repository.ts'
import type { WorkingTokens } from './port.ts'
import { csvOf } from './review-csv.ts'
import { entryOf } from './review-entry.ts'
import { createReviewOutside } from './review-outside.ts'
import { type PrincipalRow, subjectRepository } from './subjects-repository.ts'

const batchRows = 1_000

/** Who can use what in an account, why and since when; computed by the function that enforces it. */
export const createReview = ({ db, now, workingTokens }: { db: Db; now: Clock; workingTokens: WorkingTokens }) => {
  const outside = createReviewOutside({ db, now, workingTokens })

  /** Rows of the account that match, in the order of ids, read in batches: what decides cannot be asked of the database. */
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
      const principals = await subjects.principals({ after: cursor, q: filters.q, kind: filters.kind, limit: batch })
      const ids = principals.map(({ id }) => id)
      const keys = Map.groupBy(await subjects.keysOf(ids), ({ owner_id }) => owner_id)
      const roleSince = await subjects.rolesGiven(ids)
      for (const principal of principals) {
        const since = roleSince.get(principal.id) ?? principal.created_at
        const row = rowOf({ ...principal, created_at: since }, facts, keys.get(principal.id) ?? [], at)
        if (matches(row, filters)) yield row
      }
      const last = principals.at(-1)
      if (!last || principals.length < batch) return
      cursor = last.id
    }
  }

  const collected = async (ctx: Ctx, filters: AccessReviewFilters) => {
    const all = (await outside(ctx, filters)).filter((row) => matches(row, filters))
    await db.tenant(ctx, async (tx) => {
      for await (const row of rows(tx, filters)) all.push(row)
    })
    return all
  }

  /** Only what is shown is worked out; how many there are is asked of the database. */
  const plainPage = async (ctx: Ctx, { limit, after, ...asked }: Plain & { limit: number; after: Cursor }) => {
    const others = await outside(ctx, asked)
    const rest = restOf(others, after)
    return db.tenant(ctx, async (tx) => {
      const cursor = { after: after.ofAccount, batch: limit + 1 }
      if (rest.length <= limit) for await (const row of rows(tx, asked, cursor)) if (rest.push(row) > limit) break
      return { rest, total: others.length + (await subjectRepository(tx, now()).countPrincipals(asked)) }
    })
  }

  /** What is filtered by what people may do has to be worked out for everybody. */
  const filteredPage = async (ctx: Ctx, after: Cursor, filters: AccessReviewFilters) => {
    const all = await collected(ctx, filters)
    return { rest: restOf(all, after), total: all.length }
  }

  return {
    page: async (
      ctx: Ctx,
      { limit, after = '', ...filters }: AccessReviewFilters & { limit: number; after?: string | undefined },
    ) => {
      const { q, kind, ...workedOut } = filters
      const isPlain = Object.values(workedOut).every((value) => value === undefined)
      const cursor = cursorIn(after)
      const { rest, total } = await (isPlain
        ? plainPage(ctx, { limit, after: cursor, q, kind })
        : filteredPage(ctx, cursor, filters))
      const items = rest.slice(0, limit)
      const last = items.at(-1)
      return { items, next: rest.length > limit && last ? placeOf(last) : null, total }
    },
    async *csv(ctx: Ctx, filters: AccessReviewFilters): AsyncGenerator<string> {
      yield* csvOf(await collected(ctx, filters))
    },
    async *lines(ctx: Ctx, filters: AccessReviewFilters): AsyncGenerator<string> {
      for (const row of await collected(ctx, filters)) yield `${JSON.stringify(row)}\n`
    },
  }
}

type Plain = Pick<AccessReviewFilters, 'q' | 'kind'>

/**
 * Where a page ended. Those from outside come first and have a place of their own: somebody of the platform may be of the
 * account too, with the same id.
 */
type Cursor = { isOutside: boolean; id: string; ofAccount: string }
const outsideMark = 'outside:'
const isOutside = ({ kind }: AccessReviewRow) => kind === 'scim_token' || kind === 'platform_person'
const placeOf = (row: AccessReviewRow) => `${isOutside(row) ? outsideMark : ''}${row.id}`
const cursorIn = (after: string): Cursor => {
  const outside = after.startsWith(outsideMark)
  return { isOutside: outside, id: outside ? after.slice(outsideMark.length) : after, ofAccount: outside ? '' : after }
}

const restOf = (rows: readonly AccessReviewRow[], { isOutside: after, id }: Cursor): AccessReviewRow[] =>
  rows.filter((row) => id === '' || (isOutside(row) === after ? row.id > id : after))

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
    source: null,
  }
}

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
