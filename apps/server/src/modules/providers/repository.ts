import type {
  ConnectionTest,
  HealthCheck,
  ProviderConnection,
  ProviderKind,
  ProviderOptions,
} from '@cockpit/contract/providers'
import type { SliceConnection } from '@cockpit/contract/snapshot'
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely'
import {
  containing,
  cutPage,
  type DB,
  isUniqueViolation,
  jsonb,
  Problem,
  platformAccount,
  type Tx,
} from '../../platform/index.ts'
import { secretContext } from './model.ts'

type Table = DB['provider_connections']
type Row = Selectable<Table> & { models: bigint }
type Settings = Pick<ProviderConnection, 'timeouts' | 'options' | 'healthCheck'>
type Columns<T> = Omit<T, 'timeouts' | 'options' | 'health_check'> & Settings
type Filter = { q?: string | undefined; kind?: ProviderKind | undefined }
type Page = Filter & { limit: number; after?: string | undefined }

/** What is stored of a key: sealed, and enough to recognise it by. */
export type StoredSecret = Pick<Row, 'sealed_secret' | 'secret_preview' | 'secret_fingerprint' | 'secret_rotated_at'>

/** All SQL over `provider_connections`, of the account of the transaction. Counts deployments of the models room. */
export const connectionRepository = ({ sql: db, ctx }: Tx) => {
  const own = () => db.selectFrom('provider_connections').where('provider_connections.account_id', '=', ctx.accountId)
  const matching = ({ q, kind }: Filter) =>
    own()
      .$if(kind !== undefined, (query) => query.where('kind', '=', kind ?? 'demo'))
      .$if(q !== undefined && q !== '', (query) =>
        query.where((e) => e.or((['name', 'id', 'base_url'] as const).map((c) => e(c, 'ilike', containing(q ?? ''))))),
      )
  const one = (id: string) => own().where('id', '=', id).selectAll().select(modelsOn)

  return {
    async page({ limit, after, ...filter }: Page) {
      const rows = await matching(filter)
        .$if(after !== undefined, (query) => query.where('id', '<', after ?? ''))
        .selectAll()
        .select(modelsOn)
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await matching(filter)
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      return { ...cutPage(rows, limit, present), total: Number(total) }
    },
    async find(id: string): Promise<ProviderConnection | null> {
      const row = await one(id).executeTakeFirst()
      return row ? present(row) : null
    },
    /** Holds the connection until the end of the transaction, so that a change is compared with what it changes. */
    async hold(id: string): Promise<ProviderConnection | null> {
      const row = await one(id).forUpdate().executeTakeFirst()
      return row ? present(row) : null
    },
    async sealedSecret(id: string): Promise<string | null> {
      return (await own().where('id', '=', id).select('sealed_secret').executeTakeFirst())?.sealed_secret ?? null
    },
    async insert({ timeouts, options, healthCheck, ...row }: Omit<Columns<Insertable<Table>>, 'account_id'>) {
      await db
        .insertInto('provider_connections')
        .values({ ...row, ...settings({ timeouts, options, healthCheck }), account_id: ctx.accountId })
        .execute()
        .catch(explainConflict(row.name))
    },
    async update(id: string, { timeouts, options, healthCheck, ...columns }: Columns<Updateable<Table>>) {
      await db
        .updateTable('provider_connections')
        .set({ ...columns, ...settings({ timeouts, options, healthCheck }) })
        .where('account_id', '=', ctx.accountId)
        .where('id', '=', id)
        .execute()
        .catch(explainConflict(columns.name ?? ''))
    },
    async recordTest(id: string, test: NonNullable<ProviderConnection['lastTest']>): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable('provider_connections')
        .set({ last_test: jsonb(test) })
        .where('account_id', '=', ctx.accountId)
        .where('id', '=', id)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
    async remove(id: string) {
      await db.deleteFrom('provider_connections').where('account_id', '=', ctx.accountId).where('id', '=', id).execute()
    },
    async slices(): Promise<SliceConnection[]> {
      const rows = await own().selectAll().orderBy('id').execute()
      return rows.map((row) => ({
        id: row.id,
        name: row.name,
        kind: row.kind as ProviderKind,
        baseUrl: row.base_url,
        ...(Object.keys(row.options as ProviderOptions).length > 0 && { options: row.options as ProviderOptions }),
        sealedSecret: row.sealed_secret,
        secretContext: secretContext(row.account_id, row.id),
        onDisconnect: row.on_disconnect as SliceConnection['onDisconnect'],
        timeouts: row.timeouts as SliceConnection['timeouts'],
        maxRetries: row.max_retries,
        ...(row.pass_through && { passThrough: true }),
        status: row.status as SliceConnection['status'],
        ...(row.down_since !== null && { down: true as const }),
      }))
    },
  }
}

const modelsOn = sql<bigint>`(select count(distinct d.model_id) from model_deployments d
  where d.account_id = provider_connections.account_id and d.connection_id = provider_connections.id)`.as('models')

const explainConflict = (name: string) => (error: unknown) => {
  if (isUniqueViolation(error, 'provider_connections__name'))
    throw new Problem('provider_connection.name_taken', `Another provider connection is called '${name}'.`)
  throw error
}

const settings = ({ timeouts, options, healthCheck }: Settings) => ({
  timeouts: jsonb(timeouts),
  options: jsonb(options),
  health_check: healthCheck && jsonb(healthCheck),
})

const present = (row: Row): ProviderConnection => ({
  id: row.id,
  ownedBy: row.account_id === platformAccount ? 'platform' : 'account',
  name: row.name,
  kind: row.kind as ProviderKind,
  baseUrl: row.base_url,
  options: row.options as ProviderOptions,
  secret:
    row.secret_preview !== null && row.secret_fingerprint !== null && row.secret_rotated_at !== null
      ? {
          masked: row.secret_preview,
          fingerprint: row.secret_fingerprint,
          rotatedAt: row.secret_rotated_at.toISOString(),
        }
      : null,
  onDisconnect: row.on_disconnect as ProviderConnection['onDisconnect'],
  timeouts: row.timeouts as ProviderConnection['timeouts'],
  maxRetries: row.max_retries,
  passThrough: row.pass_through,
  status: row.status as ProviderConnection['status'],
  healthCheck: row.health_check as HealthCheck | null,
  downSince: row.down_since?.toISOString() ?? null,
  lastTest: row.last_test as Omit<ConnectionTest, 'models'> | null,
  models: Number(row.models),
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})
