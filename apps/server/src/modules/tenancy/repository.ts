import type { Account, AccountPatch } from '@cockpit/contract/accounts'
import { type Selectable, sql } from 'kysely'
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
import { shortDecimal } from './model.ts'

export type StoredAccount = Omit<Account, 'creditsSpent'>
type AccountFields = { [K in keyof AccountPatch]?: AccountPatch[K] | undefined }
type Row = Selectable<DB['accounts']> & { users: bigint; keys: bigint }
type Filter = { q?: string | undefined; status?: 'active' | 'suspended' | undefined }

/** All SQL over `accounts`. The row of the platform itself is invisible here, so nothing can list, change or delete it. */
export const accountRepository = (tx: Tx) => {
  const real = () => tx.sql.selectFrom('accounts').where('accounts.account_id', '<>', platformAccount)
  const matching = ({ q, status }: Filter) => {
    const all = real().$if(status !== undefined, (query) => query.where('status', '=', status ?? 'active'))
    if (!q) return all
    return all.where((e) =>
      e.or(
        (['name', 'alias', 'domain', 'accounts.account_id'] as const).map((column) =>
          e(column, 'ilike', containing(q)),
        ),
      ),
    )
  }

  /** Every table that holds rows of accounts, read from the catalog so that none is forgotten. */
  const tables = async () => {
    const { rows } = await sql<{ name: string; isLoose: boolean }>`
      select c.relname as name, c.relname <> 'accounts'
        and not exists (select from pg_constraint f where f.conrelid = c.oid and f.contype = 'f') as "isLoose"
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'account_id' and not a.attisdropped
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
        and c.relname <> all(${outliving}) order by c.relname`.execute(tx.sql)
    return rows
  }

  return {
    async page({ limit, after, ...filter }: Filter & { limit: number; after?: string | undefined }) {
      const rows = await matching(filter)
        .$if(after !== undefined, (query) => query.where('accounts.account_id', '<', after ?? ''))
        .selectAll('accounts')
        .select(figures)
        .orderBy('accounts.account_id', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await matching(filter)
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      return { ...cutPage(rows, limit, present), total: Number(total) }
    },
    async find(id: string): Promise<StoredAccount | null> {
      const row = await real()
        .where('accounts.account_id', '=', id)
        .selectAll('accounts')
        .select(figures)
        .executeTakeFirst()
      return row ? present(row) : null
    },
    /** Holds the account until the end of the transaction, so that a change is compared with what it changes. */
    async hold(id: string): Promise<boolean> {
      const row = await real().where('accounts.account_id', '=', id).select('account_id').forUpdate().executeTakeFirst()
      return row !== undefined
    },
    async insert(id: string, at: Date, fields: AccountFields & { name: string; creditsFactor: string }) {
      const { name, creditsFactor: credits_factor } = fields
      const row = { ...columnsOf(fields), name, credits_factor, account_id: id, created_at: at, updated_at: at }
      await tx.sql.insertInto('accounts').values(row).execute().catch(explainConflict(fields))
    },
    async update(id: string, at: Date, fields: AccountFields) {
      await tx.sql
        .updateTable('accounts')
        .set({ ...columnsOf(fields), updated_at: at })
        .where('account_id', '=', id)
        .execute()
        .catch(explainConflict(fields))
    },
    /** Everything the account owns: most goes with it by cascading foreign keys, the rest has none and is named here. */
    async remove(id: string) {
      for (const { name, isLoose } of await tables())
        if (isLoose) await sql`delete from ${sql.table(name)} where account_id = ${id}`.execute(tx.sql)
      await tx.sql.deleteFrom('accounts').where('account_id', '=', id).execute()
    },
    async countRows(id: string): Promise<Record<string, number>> {
      const counts = (await tables()).map(
        ({ name }) =>
          sql`select ${sql.lit(name)} as name, count(*) as rows from ${sql.table(name)} where account_id = ${id}`,
      )
      const { rows } = await sql<{ name: string; rows: bigint }>`${sql.join(counts, sql` union all `)}`.execute(tx.sql)
      return Object.fromEntries(rows.filter((row) => row.rows > 0n).map((row) => [row.name, Number(row.rows)]))
    },
  }
}

// the story is only ever continued, with all that proves it, and gateways learn from its last snapshot that an account
// is gone
const outliving = ['events', 'snapshots', 'audit_chains', 'audit_checkpoints', 'audit_retention', 'audit_holds']

// two figures of other rooms, read here so that a page of accounts stays one query
const figures = [
  sql<bigint>`(select count(*) from memberships m where m.account_id = accounts.account_id)`.as('users'),
  sql<bigint>`(select count(*) from keys k where k.account_id = accounts.account_id and k.revoked_at is null
    and (k.expires_at is null or k.expires_at > now()))`.as('keys'),
]

const columnsOf = ({
  creditsFactor,
  ownConnectionsFactor,
  limits,
  seatsMax,
  logContent,
  metadata,
  ...same
}: AccountFields) => ({
  ...same,
  ...(creditsFactor !== undefined && { credits_factor: creditsFactor }),
  ...(ownConnectionsFactor !== undefined && { own_connections_factor: ownConnectionsFactor }),
  ...(limits && { rpm: limits.rpm, tpm: limits.tpm === null ? null : BigInt(limits.tpm) }),
  ...(seatsMax !== undefined && { seats_max: seatsMax }),
  ...(logContent !== undefined && { log_content: logContent }),
  ...(metadata && { metadata: jsonb(metadata as Row['metadata']) }),
})

const explainConflict = (fields: AccountFields) => (error: unknown) => {
  if (isUniqueViolation(error, 'accounts__name'))
    throw new Problem('account.name_taken', `Another account is called '${fields.name}'.`)
  if (isUniqueViolation(error, 'accounts__domain'))
    throw new Problem('account.domain_taken', `The domain '${fields.domain}' belongs to another account.`)
  throw error
}

const present = (row: Row): StoredAccount => ({
  id: row.account_id,
  name: row.name,
  alias: row.alias,
  domain: row.domain,
  status: row.status as Account['status'],
  timezone: row.timezone,
  creditsFactor: shortDecimal(row.credits_factor),
  ownConnectionsFactor: row.own_connections_factor === null ? null : shortDecimal(row.own_connections_factor),
  limits: { rpm: row.rpm, tpm: row.tpm === null ? null : Number(row.tpm) },
  seatsMax: row.seats_max,
  logContent: row.log_content,
  metadata: row.metadata as Account['metadata'],
  users: Number(row.users),
  keys: Number(row.keys),
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})
