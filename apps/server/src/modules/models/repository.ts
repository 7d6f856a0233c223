import type { Model, ModelPatch, NewModel } from '@cockpit/contract/models'
import { type Expression, type Insertable, type Selectable, type SqlBool, sql, type Updateable } from 'kysely'
import { containing, type DB, isUniqueViolation, Problem, platformAccount, type Tx } from '../../platform/index.ts'
import type { PicoRates, StoredPrice } from './model.ts'

type Row = Selectable<DB['models']>
type Filter = {
  q?: string | undefined
  capability?: Model['capabilities'][number] | undefined
  status?: Model['status'] | undefined
  connectionId?: string | undefined
}
type Page = Filter & { limit: number; after?: string | undefined }

/** Which platform models an account sees: all, or those with these ids. */
export type Visible = 'all' | readonly string[]

export type StoredModel = Row & { prices: StoredPrice[]; deployments: StoredDeployment[] }
type StoredDeployment = { connection_id: string; connection_name: string; upstream_model: string; position: number }

/**
 * All SQL over `models`, `model_deployments` and `model_prices`. Writes reach the models of the transaction's account;
 * reads also the platform's catalog, as far as `visible` says. Names of connections come from the providers room.
 */
export const modelRepository = ({ sql: db, ctx }: Tx) => {
  const own = platformAccount === ctx.accountId
  const seen = (visible: Visible) =>
    db.selectFrom('models').where((e) => {
      const mine = e('account_id', '=', ctx.accountId)
      if (own) return mine
      const shared = e('account_id', '=', platformAccount)
      return e.or([mine, visible === 'all' ? shared : e.and([shared, e('id', '=', e.fn.any(e.val([...visible])))])])
    })
  const matching = (visible: Visible, { q, capability, status, connectionId }: Filter) =>
    seen(visible).where((e) => {
      const all: Expression<SqlBool>[] = []
      if (q) all.push(e.or((['name', 'display_name', 'id'] as const).map((c) => e(c, 'ilike', containing(q)))))
      if (capability) all.push(sql<boolean>`${capability} = any(${e.ref('capabilities')})`)
      if (status) all.push(e('status', '=', status))
      if (connectionId)
        all.push(
          e.exists(
            e
              .selectFrom('model_deployments as d')
              .select('d.position')
              .whereRef('d.account_id', '=', 'models.account_id')
              .whereRef('d.model_id', '=', 'models.id')
              .where('d.connection_id', '=', connectionId),
          ),
        )
      return e.and(all)
    })

  /** The rows with their prices and deployments: three queries, however many models. */
  const complete = async (rows: readonly Row[]): Promise<StoredModel[]> => {
    const ids = rows.map(({ id }) => id)
    if (ids.length === 0) return []
    const prices = await db
      .selectFrom('model_prices')
      .selectAll()
      .where('model_id', 'in', ids)
      .orderBy('version')
      .execute()
    const deployments = await db
      .selectFrom('model_deployments as d')
      .innerJoin('provider_connections as c', (on) =>
        on.onRef('c.account_id', '=', 'd.account_id').onRef('c.id', '=', 'd.connection_id'),
      )
      .select(['d.model_id', 'd.connection_id', 'c.name as connection_name', 'd.upstream_model', 'd.position'])
      .where('d.account_id', '=', ctx.accountId)
      .where('d.model_id', 'in', ids)
      .orderBy('d.position')
      .execute()
    return rows.map((row) => ({
      ...row,
      prices: prices.filter(({ model_id }) => model_id === row.id),
      deployments: deployments.filter(({ model_id }) => model_id === row.id),
    }))
  }

  return {
    async page({ limit, after, ...filter }: Page, visible: Visible) {
      const rows = await matching(visible, filter)
        .$if(after !== undefined, (query) => query.where('id', '<', after ?? ''))
        .selectAll()
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await matching(visible, filter)
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      const models = await complete(rows.slice(0, limit))
      return { models, next: rows.length > limit ? (models.at(-1)?.id ?? null) : null, total: Number(total) }
    },
    /** Every model the account may know of, by name. */
    async all(visible: Visible = 'all'): Promise<StoredModel[]> {
      return complete(await seen(visible).selectAll().orderBy('name').orderBy('id').execute())
    },
    async owned(): Promise<StoredModel[]> {
      const rows = await db
        .selectFrom('models')
        .where('account_id', '=', ctx.accountId)
        .selectAll()
        .orderBy('id')
        .execute()
      return complete(rows)
    },
    async find(id: string, visible: Visible): Promise<StoredModel | null> {
      const row = await seen(visible).where('id', '=', id).selectAll().executeTakeFirst()
      return row ? ((await complete([row]))[0] ?? null) : null
    },
    /** One of the account's own, held until the end of the transaction. */
    async hold(id: string): Promise<StoredModel | null> {
      const mine = db.selectFrom('models').where('account_id', '=', ctx.accountId).where('id', '=', id)
      const row = await mine.selectAll().forUpdate().executeTakeFirst()
      return row ? ((await complete([row]))[0] ?? null) : null
    },
    async insert(row: Omit<Insertable<DB['models']>, 'account_id'>) {
      const values = { ...row, account_id: ctx.accountId }
      await db.insertInto('models').values(values).execute().catch(explainConflict(row.name))
    },
    async update(id: string, columns: Updateable<DB['models']>) {
      await db
        .updateTable('models')
        .set(columns)
        .where('account_id', '=', ctx.accountId)
        .where('id', '=', id)
        .execute()
        .catch(explainConflict(columns.name ?? ''))
    },
    async remove(id: string) {
      await db.deleteFrom('models').where('account_id', '=', ctx.accountId).where('id', '=', id).execute()
    },
    /** Connections of the account among these ids, held so that none is deleted before its deployment stands. */
    async connectionsAmong(ids: readonly string[]): Promise<string[]> {
      const rows = await db
        .selectFrom('provider_connections')
        .select('id')
        .where('account_id', '=', ctx.accountId)
        .where('id', 'in', ids)
        .orderBy('id')
        .forShare()
        .execute()
      return rows.map(({ id }) => id)
    },
    /** What a route must know of the account's connections. */
    connectionFacts: () =>
      db
        .selectFrom('provider_connections')
        .select(['id', 'status', 'max_retries', 'down_since'])
        .where('account_id', '=', ctx.accountId)
        .execute(),
    async setDeployments(modelId: string, deployments: NonNullable<ModelPatch['deployments']>) {
      await db
        .deleteFrom('model_deployments')
        .where('account_id', '=', ctx.accountId)
        .where('model_id', '=', modelId)
        .execute()
      const rows = deployments.map(({ connectionId, upstreamModel }, position) => ({
        account_id: ctx.accountId,
        model_id: modelId,
        position,
        connection_id: connectionId,
        upstream_model: upstreamModel,
      }))
      await db.insertInto('model_deployments').values(rows).execute()
    },
    async addPrice(modelId: string, price: PicoRates & Omit<StoredPrice, keyof PicoRates>) {
      await db
        .insertInto('model_prices')
        .values({
          ...price,
          dimensions: JSON.stringify(price.dimensions),
          account_id: ctx.accountId,
          model_id: modelId,
        })
        .execute()
    },
    /** Those of these ids that are models of the platform. */
    async platformModelsAmong(ids: readonly string[]): Promise<string[]> {
      if (ids.length === 0) return []
      const rows = await db
        .selectFrom('models')
        .select('id')
        .where('account_id', '=', platformAccount)
        .where('id', 'in', ids)
        .execute()
      return rows.map(({ id }) => id)
    },
    /** Whether a key is the account's own. */
    async hasKey(id: string): Promise<boolean> {
      const query = db.selectFrom('keys').select('id').where('account_id', '=', ctx.accountId).where('id', '=', id)
      return (await query.executeTakeFirst()) !== undefined
    },
    /** Names alone, for rooms that only check them. */
    async names(visible: Visible): Promise<string[]> {
      return (await seen(visible).select('name').execute()).map(({ name }) => name)
    },
  }
}

const explainConflict = (name: string) => (error: unknown) => {
  if (isUniqueViolation(error, 'models__name'))
    throw new Problem('model.name_taken', `Another model is called '${name}'.`)
  throw error
}

/** The columns of the fields given. */
export const modelColumns = (fields: Partial<NewModel> | ModelPatch): Updateable<DB['models']> => ({
  ...(fields.name !== undefined && { name: fields.name }),
  ...(fields.displayName !== undefined && { display_name: fields.displayName }),
  ...(fields.description !== undefined && { description: fields.description }),
  ...(fields.capabilities !== undefined && { capabilities: fields.capabilities }),
  ...(fields.contextTokens !== undefined && { context_tokens: fields.contextTokens }),
  ...(fields.outputTokensMax !== undefined && { output_tokens_max: fields.outputTokensMax }),
  ...('status' in fields && fields.status !== undefined && { status: fields.status }),
})
