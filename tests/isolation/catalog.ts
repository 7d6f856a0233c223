/**
 * Reads PostgreSQL's own catalog and names every table, view, key or function through which a row of one account could
 * reach another: what `tenant_table()` and the rules of CONTRIBUTING.md promise, checked on what is really there.
 */
import { waysAround } from './catalog-ways.ts'

export type Query = <R extends object>(text: string, values?: unknown[]) => Promise<R[]>
export type Finding = { object: string; fault: string }

/** The account of a tenant's transaction, as PostgreSQL prints it in a policy. */
const ownAccount = `( SELECT NULLIF(current_setting('app.account_id'::text, true), ''::text) AS "nullif")`

/** What a person is or has is one row for all accounts; a tenant's transaction sees that of people of its account alone. */
const ofOwnPeople = (person: string) =>
  `EXISTS ( SELECT 1 FROM memberships m WHERE ((m.user_id = ${person}) AND (m.account_id = ${ownAccount})))`

/** Tables without an account of their own that a tenant's transaction may read: what of them, and under which condition. */
const sharedWithTenants: Readonly<Record<string, { columns: readonly string[] | 'all'; using: string }>> = {
  users: {
    columns: 'all',
    using: `(id IN ( SELECT m.user_id FROM memberships m WHERE (m.account_id = ${ownAccount})))`,
  },
  totp_secrets: { columns: ['user_id', 'confirmed_at'], using: `(${ofOwnPeople('totp_secrets.user_id')})` },
  passkeys: { columns: ['user_id'], using: `(${ofOwnPeople('passkeys.user_id')})` },
}

const ofPeople = 'of people, who are one for all accounts'
const ofInstallation = 'of the installation'
const ofLimits = 'counts by names that hold the account, for the platform alone'
/** The other tables without an account, each with what it holds: what belongs to an account says so in `account_id`. */
const ofNoAccount: Readonly<Record<string, string>> = {
  ...{ auth_challenges: ofPeople, former_passwords: ofPeople, recovery_codes: ofPeople, sessions: ofPeople },
  ...{ sign_in_attempts: ofPeople, sign_in_failures: ofPeople, user_identities: ofPeople, worn_masks: ofPeople },
  ...{ sso_flows: 'of whoever is about to sign in', sso_id_tokens: ofPeople, sso_logout_tokens: ofPeople },
  ...{
    audit_keys: ofInstallation,
    offer_lists: ofInstallation,
    sentinels: ofInstallation,
    setup_codes: ofInstallation,
  },
  ...{ break_glass_acknowledgements: ofInstallation, break_glass_sessions: ofInstallation },
  ...{ token_refusals: ofInstallation, zitadel_defaults: ofInstallation },
  ...{ zitadel_feed: ofInstallation, zitadel_turns: ofInstallation },
  zitadel_events: 'tells that something happened at the provider, whose is found out when it is worked on',
  ...{ rate_places: ofLimits, rate_processes: ofLimits, rate_windows: ofLimits },
  ...{ kysely_migration: ofInstallation, kysely_migration_lock: ofInstallation },
}

/** Keys that are unique across accounts, each with the reason why they tell nobody anything. */
const uniqueEverywhere: Readonly<Record<string, string>> = {
  account_domains__verified: 'only whoever controls a domain can verify it, so it tells them of their own',
  account_identity_orgs__org: 'only the platform says which org an account is',
  accounts__name: 'only the platform names accounts',
  accounts__domain: 'only the platform gives domains',
  zitadel_configs__organization: 'only the platform says which organization an account is',
  events__seq: 'an order of commits, made by the database and never asked for',
  keys__hash: 'a digest of a random secret; a key is found by it before its account is known',
  snapshots__version: 'a version is made by the database',
}

export const lintCatalog = async (query: Query): Promise<Finding[]> => [
  ...(await rowSecurity(query)),
  ...(await policies(query)),
  ...(await primaryKeys(query)),
  ...(await foreignKeys(query)),
  ...(await uniqueKeys(query)),
  ...(await tablesWithoutAccount(query)),
  ...(await waysAround(query)),
]

// `account_id` makes a table a tenant's; partitions count as well, since they can be read by their own name
const tenantTables = `
  select c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relispartition
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'public' and c.relkind in ('r', 'p')
    and exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'account_id' and not a.attisdropped)`

const rowSecurity = async (query: Query) => {
  const tables = await query<{ relname: string; relrowsecurity: boolean; relforcerowsecurity: boolean }>(tenantTables)
  return tables.flatMap(({ relname, relrowsecurity, relforcerowsecurity }) => [
    ...(relrowsecurity ? [] : [{ object: relname, fault: 'row-level security is not enabled' }]),
    ...(relforcerowsecurity ? [] : [{ object: relname, fault: 'row-level security is not forced on the owner' }]),
  ])
}

/** The one condition a tenant's policy may have, as PostgreSQL prints it; anything wider lets other rows through. */
const ownRowsOnly = `(account_id = ${ownAccount})`

const policies = async (query: Query) => {
  const rows = await query<{
    relname: string
    relispartition: boolean
    policies: { name: string; cmd: string; roles: string[]; using: string | null; check: string | null }[] | null
  }>(`select t.relname, t.relispartition,
      (select json_agg(json_build_object('name', p.policyname, 'cmd', p.cmd, 'roles', p.roles, 'using', p.qual, 'check', p.with_check))
       from pg_policies p where p.schemaname = 'public' and p.tablename = t.relname) as policies
    from (${tenantTables}) t`)
  return rows.flatMap(({ relname, relispartition, policies }) => {
    const reaching = (policies ?? []).filter(({ roles }) => !roles.every((role) => role === 'cockpit_platform'))
    // without a policy a partition shows nobody anything under its own name
    if (relispartition && reaching.length === 0) return []
    if (reaching.length === 0) return [{ object: relname, fault: 'no policy for the role of tenants' }]
    return reaching.flatMap(({ name, cmd, using, check }) => {
      const object = `${relname}.${name}`
      return [
        ...(using === null || narrow(using, cmd) ? [] : [{ object, fault: `reads more than own rows: ${using}` }]),
        ...(check === null || check === ownRowsOnly ? [] : [{ object, fault: `writes more than own rows: ${check}` }]),
        ...(cmd === 'ALL' && check === null ? [{ object, fault: 'no condition on what is written' }] : []),
      ]
    })
  })
}

/** Own rows, or rows of the platform that it offers to all accounts and that are read only. */
const narrow = (using: string, cmd: string) =>
  using === ownRowsOnly || (cmd === 'SELECT' && using === "(account_id = 'platform'::text)")

const primaryKeys = async (query: Query) => {
  const rows = await query<{ relname: string; first: string | null }>(`select t.relname,
      (select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
       where i.indrelid = t.oid and i.indisprimary) as first
    from (${tenantTables}) t where not t.relispartition`)
  return rows
    .filter(({ first }) => first !== 'account_id')
    .map(({ relname, first }) => ({
      object: relname,
      fault: first ? `its primary key starts with ${first}, not with account_id` : 'has no primary key',
    }))
}

const foreignKeys = async (query: Query) => {
  const rows = await query<{ relname: string; name: string }>(`
    with tenant as (${tenantTables})
    select c.relname, k.conname as name from pg_constraint k
    join tenant c on c.oid = k.conrelid join tenant target on target.oid = k.confrelid
    where k.contype = 'f' and not exists (
      select 1 from generate_subscripts(k.conkey, 1) i
      join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[i]
      join pg_attribute b on b.attrelid = k.confrelid and b.attnum = k.confkey[i]
      where a.attname = 'account_id' and b.attname = 'account_id')`)
  return rows.map(({ relname, name }) => ({
    object: `${relname}.${name}`,
    fault: 'a foreign key without account_id can point into another account',
  }))
}

const uniqueKeys = async (query: Query) => {
  const rows = await query<{ name: string; relname: string }>(`
    select x.relname as name, t.relname from (${tenantTables}) t
    join pg_index i on i.indrelid = t.oid and (i.indisunique or i.indisexclusion) join pg_class x on x.oid = i.indexrelid
    where not exists (
      select 1 from unnest(i.indkey) k join pg_attribute a on a.attrelid = t.oid and a.attnum = k
      where a.attname = 'account_id')`)
  return rows
    .filter(({ name }) => !uniqueEverywhere[name])
    .map(({ name, relname }) => ({
      object: `${relname}.${name}`,
      fault: 'unique across accounts: a collision tells that another account has the value',
    }))
}

/** A table without an account, and what tenants may do with it. */
type Free = {
  relname: string
  secured: boolean
  reads: string[]
  writes: boolean
  policies: { name: string; using: string | null }[] | null
}

const tablesWithoutAccount = async (query: Query) => {
  const rows = await query<Free>(`
    select c.relname, c.relrowsecurity and c.relforcerowsecurity as secured,
      has_table_privilege('cockpit_app', c.oid, 'insert, update, delete')
        or has_any_column_privilege('cockpit_app', c.oid, 'insert, update') as writes,
      array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        and has_column_privilege('cockpit_app', c.oid, a.attnum, 'select') order by a.attnum) as reads,
      (select json_agg(json_build_object('name', p.policyname, 'using', regexp_replace(p.qual, '\\s+', ' ', 'g')))
       from pg_policies p where p.schemaname = 'public' and p.tablename = c.relname
         and not p.roles <@ array['cockpit_platform']::name[]) as policies
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p')
      and not exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'account_id' and not a.attisdropped)`)
  return rows.flatMap((row) => faultsOf(row).map((fault) => ({ object: row.relname, fault })))
}

const faultsOf = ({ relname, secured, reads, writes, policies }: Free): string[] => {
  const shared = sharedWithTenants[relname]
  const isUsed = writes || reads.length > 0
  const columns = shared?.columns ?? []
  const more = columns === 'all' ? [] : reads.filter((column) => !columns.includes(column))
  return [
    ...(shared || ofNoAccount[relname] ? [] : ['belongs to no account, and nobody said whose its rows are']),
    ...(writes ? ['tenants may write a table of no account'] : []),
    ...(more.length > 0 ? [`tenants may read ${more.join(', ')} of a table of no account`] : []),
    ...(isUsed && !secured ? ['shared with tenants without row-level security'] : []),
    ...(policies ?? [])
      .filter(({ using }) => using !== shared?.using)
      .map(({ name, using }) => `its policy ${name} reads more than of own people: ${using}`),
  ]
}
