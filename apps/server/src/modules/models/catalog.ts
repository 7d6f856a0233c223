import type { Model, ModelPatch, NewModel, Prices } from '@cockpit/contract/models'
import { type Clock, type Ctx, changesOf, type Db, newId, Problem, type Tx } from '../../platform/index.ts'
import { picoRatesOf, pricesOf } from './model.ts'
import { deploymentsOf, presentModel, presentPrice, presentPrices, sliceModelOf, statusOf } from './present.ts'
import { modelColumns, modelRepository, type StoredModel, type Visible } from './repository.ts'
import { setsRepository } from './sets-repository.ts'

type ListQuery = Parameters<ReturnType<typeof modelRepository>['page']>[0]

/** The catalog: models of the platform, offered to accounts, and models of one account on its own connections. */
export const createCatalog = ({ db, now }: { db: Db; now: Clock }) => {
  const read = async (tx: Tx, id: string): Promise<StoredModel> =>
    (await modelRepository(tx).find(id, await visibleTo(tx))) ?? missing()

  return {
    list: (ctx: Ctx, query: ListQuery) =>
      db.tenant(ctx, async (tx) => {
        const { models, ...page } = await modelRepository(tx).page(query, await visibleTo(tx))
        return { ...page, items: models.map((model) => presentModel(model, ctx, now())) }
      }),

    get: (ctx: Ctx, id: string): Promise<Model> =>
      db.tenant(ctx, async (tx) => presentModel(await read(tx, id), ctx, now())),

    create: (ctx: Ctx, { prices, deployments, ...input }: NewModel): Promise<Model> =>
      db.tenant(ctx, async (tx) => {
        const models = modelRepository(tx)
        const at = now()
        const id = newId('mdl', at)
        await requireConnections(tx, deployments)
        await models.insert({
          id,
          name: input.name,
          display_name: input.displayName ?? input.name,
          description: input.description,
          capabilities: input.capabilities,
          context_tokens: input.contextTokens,
          output_tokens_max: input.outputTokensMax,
          created_at: at,
          updated_at: at,
        })
        await models.setDeployments(id, deployments)
        const first = { version: 1, effective_from: at, created_at: at, created_by: ctx.actor.name }
        await models.addPrice(id, { ...picoRatesOf(prices), ...first })
        const model = await read(tx, id)
        await tx.emit('model.created', { subject: subjectOf(model), after: { ...told(model), prices } })
        return presentModel(model, ctx, now())
      }),

    update: (ctx: Ctx, id: string, patch: ModelPatch): Promise<Model> =>
      db.tenant(ctx, async (tx) => {
        const models = modelRepository(tx)
        const current = (await models.hold(id)) ?? missing()
        const changes = changesOf(told(current), patch)
        if (!changes) return presentModel(current, ctx, now())
        if (changes.after.deployments) {
          await requireConnections(tx, changes.after.deployments)
          await models.setDeployments(id, changes.after.deployments)
        }
        await models.update(id, { ...modelColumns(patch), updated_at: now() })
        const model = await read(tx, id)
        await tx.emit('model.updated', { subject: subjectOf(model), ...changes })
        return presentModel(model, ctx, now())
      }),

    remove: (ctx: Ctx, id: string) =>
      db.tenant(ctx, async (tx) => {
        const model = (await modelRepository(tx).hold(id)) ?? missing()
        await modelRepository(tx).remove(id)
        await tx.emit('model.deleted', { subject: subjectOf(model), before: told(model) })
      }),

    prices: (ctx: Ctx, id: string) => db.tenant(ctx, async (tx) => ({ items: presentPrices(await read(tx, id), ctx) })),

    /** Prices are never changed, only followed: a call keeps the version it was billed with. */
    setPrice: (
      ctx: Ctx,
      id: string,
      { prices, effectiveFrom }: { prices: Prices; effectiveFrom?: string | undefined },
    ) =>
      db.tenant(ctx, async (tx) => {
        const model = (await modelRepository(tx).hold(id)) ?? missing()
        const at = now()
        const begins = effectiveFrom === undefined ? at : new Date(effectiveFrom)
        if (begins < at)
          throw new Problem(
            'input.invalid',
            'A price cannot begin in the past; leave effectiveFrom out to begin now.',
            {
              errors: [{ pointer: '/effectiveFrom', detail: 'must not be in the past' }],
            },
          )
        const last = model.prices.at(-1)
        const price = {
          ...picoRatesOf(prices),
          version: (last?.version ?? 0) + 1,
          effective_from: begins,
          created_at: at,
          created_by: ctx.actor.name,
        }
        await modelRepository(tx).addPrice(id, price)
        const after = { version: price.version, effectiveFrom: begins.toISOString(), prices }
        const before = last ? { version: last.version, prices: pricesOf(last) } : null
        await tx.emit('model.price_changed', { subject: subjectOf(model), before, after })
        return presentPrice(price, false)
      }),

    /** The models of the transaction's account, as its slice of the snapshot carries them. */
    sliceModels: async (tx: Tx) => (await modelRepository(tx).owned()).map((model) => sliceModelOf(model, now())),

    /** Names an account may write into a key: its own models and the eligible ones of the platform. */
    modelNames: async (tx: Tx): Promise<ReadonlySet<string>> =>
      new Set(await modelRepository(tx).names(await visibleTo(tx))),
  }
}

/** What an account sees of the platform's catalog: what it is eligible for. */
const visibleTo = async (tx: Tx): Promise<Visible> => {
  const { mode, modelIds } = await setsRepository(tx).eligibility()
  return mode === 'all' ? 'all' : modelIds
}

/** A model runs on connections of its own owner only. */
const requireConnections = async (tx: Tx, deployments: readonly { connectionId: string }[]) => {
  const known = new Set(await modelRepository(tx).connectionsAmong(deployments.map((d) => d.connectionId)))
  const errors = deployments.flatMap(({ connectionId }, index) =>
    known.has(connectionId)
      ? []
      : [{ pointer: `/deployments/${index}/connectionId`, detail: 'is not a provider connection of this owner' }],
  )
  if (errors.length > 0)
    throw new Problem('provider_connection.not_found', 'There is no such provider connection.', { errors })
}

export const missing = (): never => {
  throw new Problem('model.not_found', 'There is no such model.')
}

export const subjectOf = ({ id, name }: StoredModel) => ({ type: 'model', id, name })

/** The fields of a model that its story compares. */
const told = (row: StoredModel) => ({
  name: row.name,
  displayName: row.display_name,
  description: row.description,
  capabilities: row.capabilities as Model['capabilities'],
  contextTokens: row.context_tokens,
  outputTokensMax: row.output_tokens_max,
  status: statusOf(row),
  deployments: deploymentsOf(row).map(({ connectionId, upstreamModel }) => ({ connectionId, upstreamModel })),
})
