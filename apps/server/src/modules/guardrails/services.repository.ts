import type { GuardrailService, NewGuardrailService } from '@cockpit/contract/guardrail-services'
import type { SliceGuardrailService } from '@cockpit/contract/snapshot'
import { type Selectable, sql, type Updateable } from 'kysely'
import pg from 'pg'
import { type DB, isUniqueViolation, Problem, type Tx } from '../../platform/index.ts'

export type ServiceRow = Selectable<DB['guardrail_services']>
export type ServiceSettings = Omit<NewGuardrailService, 'secret'>

/** All SQL over guardrail_services, of the account of the transaction. */
export const serviceRepository = ({ sql: db, ctx: { accountId } }: Tx) => {
  const own = () => db.selectFrom('guardrail_services').selectAll().where('account_id', '=', accountId)
  return {
    all: (): Promise<ServiceRow[]> => own().orderBy('name').orderBy('id').execute(),
    find: (id: string): Promise<ServiceRow | undefined> => own().where('id', '=', id).executeTakeFirst(),
    /** Held until the end of the transaction, so that changes of one come one by one. */
    hold: (id: string): Promise<ServiceRow | undefined> => own().where('id', '=', id).forUpdate().executeTakeFirst(),

    async insert(id: string, settings: ServiceSettings, sealed: string | null, at: Date) {
      const row = { account_id: accountId, id, ...columnsOf(settings), sealed_secret: sealed }
      await db
        .insertInto('guardrail_services')
        .values({ ...row, created_at: at, updated_at: at })
        .execute()
        .catch(explained(settings.name))
    },
    async update(id: string, settings: ServiceSettings, fields: Updateable<DB['guardrail_services']>) {
      await db
        .updateTable('guardrail_services')
        .set({ ...columnsOf(settings), ...fields })
        .where('account_id', '=', accountId)
        .where('id', '=', id)
        .execute()
        .catch(explained(settings.name))
    },
    async checked(id: string, at: Date, error: string | null) {
      await db
        .updateTable('guardrail_services')
        .set({ checked_at: at, last_error: error })
        .where('account_id', '=', accountId)
        .where('id', '=', id)
        .execute()
    },
    async remove(id: string) {
      await db.deleteFrom('guardrail_services').where('account_id', '=', accountId).where('id', '=', id).execute()
    },
    /** The name of a guardrail that asks it, whether that is active or not. */
    async askedBy(id: string): Promise<string | null> {
      const asks = JSON.stringify([{ kind: 'external', serviceId: id }])
      const row = await db
        .selectFrom('guardrails')
        .select('name')
        .where('account_id', '=', accountId)
        .where(sql<boolean>`checks @> ${asks}::jsonb`)
        .limit(1)
        .executeTakeFirst()
      return row?.name ?? null
    },
  }
}

const columnsOf = ({ name, kind, url, connectionId, language, timeoutMs }: ServiceSettings) => ({
  name,
  kind,
  url,
  connection_id: connectionId,
  language,
  timeout_ms: timeoutMs,
})

const explained = (name: string) => (error: unknown) => {
  if (isUniqueViolation(error, 'guardrail_services__name'))
    throw new Problem('guardrail_service.name_taken', `Another guardrail service is called '${name}'.`)
  // whether it is nowhere or another account's is all the same
  if (error instanceof pg.DatabaseError && error.code === '23503')
    throw wrongField('connectionId', 'there is no such connection')
  throw error
}

export const wrongField = (field: string, detail: string) =>
  new Problem('input.invalid', `'${field}' in the body: ${detail}.`, { errors: [{ pointer: `/${field}`, detail }] })

export const settingsOf = (row: ServiceRow): ServiceSettings => ({
  name: row.name,
  kind: row.kind as GuardrailService['kind'],
  url: row.url,
  connectionId: row.connection_id,
  language: row.language,
  timeoutMs: row.timeout_ms,
})

export const presentService = (row: ServiceRow): GuardrailService => ({
  id: row.id,
  ...settingsOf(row),
  hasSecret: row.sealed_secret !== null,
  findsPlaces: row.kind === 'presidio' || row.kind === 'webhook',
  checkedAt: row.checked_at?.toISOString() ?? null,
  lastError: row.last_error,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})

/** The associated data a service's secret is sealed with: a value moved to another row does not open. */
export const serviceSecretContext = (accountId: string, id: string) => `${accountId}|${id}|guardrail-secret`

export const sliceServiceOf = (row: ServiceRow): SliceGuardrailService => ({
  id: row.id,
  ...settingsOf(row),
  sealedSecret: row.sealed_secret,
  secretContext: serviceSecretContext(row.account_id, row.id),
})
