import type { CallLimit, CallLimitPatch, CallLimits, LimitScopeType, NewCallLimit } from '@cockpit/contract/limits'
import {
  type Clock,
  type Ctx,
  changesOf,
  type Db,
  newId,
  Problem,
  platformAccount,
  type Tx,
} from '../../platform/index.ts'
import { limitRepository, type StoredLimit } from './repository.ts'

type ListQuery = {
  limit: number
  after?: string | undefined
  q?: string | undefined
  type?: LimitScopeType | undefined
}

/** What can be limited: an account limits what is its own, the platform everything, one account or one of its models. */
const scopesOf = {
  platform: new Set<LimitScopeType>(['platform', 'model']),
  account: new Set<LimitScopeType>(['account', 'org', 'team', 'user', 'key', 'model', 'tag']),
}

type Deps = { db: Db; now: Clock; usedOf: (limits: readonly StoredLimit[]) => Promise<CallLimit[]> }

export const createCallLimits = ({ db, now, usedOf }: Deps) => {
  const used = async (limit: StoredLimit): Promise<CallLimit> => (await usedOf([limit]))[0] ?? missing()
  const read = async (tx: Tx, id: string): Promise<StoredLimit> => (await limitRepository(tx).find(id)) ?? missing()

  const checkScope = async (tx: Tx, { type, id = '' }: NewCallLimit['scope']): Promise<void> => {
    const owner = tx.ctx.accountId === platformAccount ? 'platform' : 'account'
    if (!scopesOf[owner].has(type))
      throw invalid('/scope/type', `must be one of ${[...scopesOf[owner]].join(', ')} for a limit of the ${owner}`)
    if (type === 'tag' || type === owner) return
    if (!(await limitRepository(tx).names(type, id)))
      throw invalid('/scope/id', `is no ${type} that can be limited here`)
  }

  return {
    async list(ctx: Ctx, query: ListQuery) {
      const { items, ...page } = await db.tenant(ctx, (tx) => limitRepository(tx).page(query))
      return { ...page, items: await usedOf(items) }
    },

    get: async (ctx: Ctx, id: string) => used(await db.tenant(ctx, (tx) => read(tx, id))),

    async create(ctx: Ctx, { scope, limits }: NewCallLimit): Promise<CallLimit> {
      const made = await db.tenant(ctx, async (tx) => {
        await checkScope(tx, scope)
        checkCaps(scope.type, limits)
        const id = newId('lim', now())
        const whole = scope.type === 'platform' || scope.type === 'account'
        const stored = { type: scope.type, id: whole ? '' : (scope.id ?? '') }
        await limitRepository(tx).insert({ id, scope: stored, limits: { ...unlimited, ...given(limits) }, at: now() })
        const limit = await read(tx, id)
        await tx.emit('limit.created', { subject: subjectOf(limit), after: told(limit) })
        return limit
      })
      return used(made)
    },

    async update(ctx: Ctx, id: string, { limits }: CallLimitPatch): Promise<CallLimit> {
      const changed = await db.tenant(ctx, async (tx) => {
        const before = (await limitRepository(tx).hold(id)) ?? missing()
        const changes = changesOf<CallLimits>(before.limits, limits)
        if (!changes) return before
        const wanted = { ...before.limits, ...changes.after }
        checkCaps(before.scope.type, limits)
        if (Object.values(wanted).every((value) => value === null))
          throw invalid('/limits', 'must keep at least one number; delete the limit to lift it')
        await limitRepository(tx).update(id, wanted, now())
        const limit = await read(tx, id)
        await tx.emit('limit.updated', { subject: subjectOf(limit), ...changes })
        return limit
      })
      return used(changed)
    },

    remove: (ctx: Ctx, id: string): Promise<void> =>
      db.tenant(ctx, async (tx) => {
        const limit = (await limitRepository(tx).hold(id)) ?? missing()
        await limitRepository(tx).remove(id)
        await tx.emit('limit.deleted', { subject: subjectOf(limit), before: told(limit) })
      }),

    /** The limits of the transaction's account, as its slice of the snapshot carries them. */
    slice: (tx: Tx) => limitRepository(tx).slice(),
  }
}
export type CallLimitsRoom = ReturnType<typeof createCallLimits>

const unlimited: CallLimits = {
  ...{ rpm: null, tpm: null, parallel: null, inputTokensMax: null, outputTokensMax: null },
  ...{ perRun: null, perSession: null, perAgent: null },
}

const given = (limits: NewCallLimit['limits']): Partial<CallLimits> =>
  Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined))

/** A run, a session and an agent go from model to model. */
const checkCaps = (type: LimitScopeType, limits: NewCallLimit['limits']): void => {
  if (type !== 'model') return
  for (const field of ['perRun', 'perSession', 'perAgent'] as const)
    if (limits[field] != null) throw invalid(`/limits/${field}`, 'cannot be limited for a model alone')
}

const missing = (): never => {
  throw new Problem('limit.not_found', 'There is no such limit.')
}

const invalid = (pointer: string, detail: string) =>
  new Problem('input.invalid', `${pointer.slice(1)} ${detail}.`, { errors: [{ pointer, detail }] })

const subjectOf = ({ id, scope }: StoredLimit) => ({ type: 'limit', id, name: `${scope.type} ${scope.name}` })
const told = ({ scope, limits }: StoredLimit) => ({ scope: { type: scope.type, id: scope.id }, ...limits })
