import type { CacheRule, CacheRulePatch, CacheSettings, NewCacheRule } from '@cockpit/contract/cache'
import { type Clock, type Ctx, changesOf, type Db, newId, Problem, type Tx } from '../../platform/index.ts'
import { cacheRepository, type Saved } from './repository.ts'

type ListQuery = { limit: number; after?: string | undefined; q?: string | undefined }

type Deps = {
  db: Db
  now: Clock
  /** Has deleted what a rule kept where processes share it; nobody waits. */
  forget: (of: { accountId: string; ruleId: string }) => void
}

export const createCache = ({ db, now, forget }: Deps) => {
  const rowsOf = (tx: Tx) => cacheRepository(tx, now())
  const read = async (tx: Tx, id: string): Promise<CacheRule> => (await rowsOf(tx).find(id)) ?? missing()

  return {
    list: (ctx: Ctx, query: ListQuery) => db.tenant(ctx, (tx) => rowsOf(tx).page(query)),

    get: (ctx: Ctx, id: string) => db.tenant(ctx, (tx) => read(tx, id)),

    create: (ctx: Ctx, { scope, settings }: NewCacheRule): Promise<CacheRule> =>
      db.tenant(ctx, async (tx) => {
        const of = { type: scope.type, id: scope.type === 'account' ? '' : (scope.id ?? '') }
        if (!(await rowsOf(tx).names(of))) throw noScope(scope.type)
        await checkSimilar(rowsOf(tx), settings)
        const id = newId('cru', now())
        await rowsOf(tx).insert({ id, scope: of, settings, at: now() })
        const rule = await read(tx, id)
        await tx.emit('cache_rule.created', { subject: subjectOf(rule), after: told(rule) })
        return rule
      }),

    update: (ctx: Ctx, id: string, { settings }: CacheRulePatch): Promise<CacheRule> =>
      db.tenant(ctx, async (tx) => {
        const before = (await rowsOf(tx).hold(id)) ?? missing()
        const changes = changesOf<CacheSettings>(before.settings, settings)
        if (!changes) return before
        await checkSimilar(rowsOf(tx), settings)
        await rowsOf(tx).update(id, { ...before.settings, ...changes.after }, now())
        await tx.emit('cache_rule.updated', { subject: subjectOf(before), ...changes })
        return read(tx, id)
      }),

    /** Gateways look for answers of the new generation only, and have none yet. */
    async clear(ctx: Ctx, id: string): Promise<CacheRule> {
      const cleared = await db.tenant(ctx, async (tx) => {
        const before = (await rowsOf(tx).hold(id)) ?? missing()
        await rowsOf(tx).clear(id, now())
        const rule = await read(tx, id)
        const { generation } = rule
        await tx.emit('cache_rule.cleared', {
          subject: subjectOf(rule),
          before: { generation: before.generation },
          after: { generation },
        })
        return { rule, accountId: tx.ctx.accountId }
      })
      forget({ accountId: cleared.accountId, ruleId: id })
      return cleared.rule
    },

    async remove(ctx: Ctx, id: string): Promise<void> {
      const accountId = await db.tenant(ctx, async (tx) => {
        const rule = (await rowsOf(tx).hold(id)) ?? missing()
        await rowsOf(tx).remove(id)
        await tx.emit('cache_rule.deleted', { subject: subjectOf(rule), before: told(rule) })
        return tx.ctx.accountId
      })
      forget({ accountId, ruleId: id })
    },

    /** Adds to what rules have saved; whoever calls knows that none of it was added before. */
    book: (tx: Tx, saved: readonly Saved[]) => rowsOf(tx).addSaved(saved),

    /** The rules of the transaction's account, as its slice of the snapshot carries them. */
    slice: (tx: Tx) => rowsOf(tx).slice(),
  }
}
export type Cache = ReturnType<typeof createCache>

const missing = (): never => {
  throw new Problem('cache_rule.not_found', 'There is no such rule of the cache.')
}

const checkSimilar = async (
  rows: ReturnType<typeof cacheRepository>,
  { similar }: CacheRulePatch['settings'],
): Promise<void> => {
  if (!similar || (await rows.embeds(similar.modelId))) return
  const detail = 'is no model of this account with the capability `embeddings`'
  const pointer = '/settings/similar/modelId'
  throw new Problem('input.invalid', `settings/similar/modelId ${detail}.`, { errors: [{ pointer, detail }] })
}

const noScope = (type: string) => {
  const detail = `is no ${type} of this account`
  return new Problem('input.invalid', `scope/id ${detail}.`, { errors: [{ pointer: '/scope/id', detail }] })
}

const subjectOf = ({ id, scope }: CacheRule) => ({ type: 'cache_rule', id, name: `${scope.type} ${scope.name}` })
const told = ({ scope, settings }: CacheRule) => ({ scope: { type: scope.type, id: scope.id }, ...settings })
