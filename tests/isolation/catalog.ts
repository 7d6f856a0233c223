/**
 * Reads PostgreSQL's own catalog and names every table, view, key or function through which a row of one account could
 * reach another: what `tenant_table()` and the rules of CONTRIBUTING.md promise, checked on what is really there.
 */
export type Query = <R extends object>(text: string, values?: unknown[]) => Promise<R[]>
export type Finding = { object: string; fault: string }

/** Tables without an account of their own that a tenant transaction may read or write, each with its reason. */
const sharedWithTenants: Readonly<Record<string, string>> = {
  users: 'a person is one row for all accounts; its policy shows the people of the own account only',
  totp_secrets: 'whether people of the own account have confirmed one; the secret is not granted',
  passkeys: 'whether people of the own account have one; what proves anything is not granted',
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

/** Functions that run as their owner, each with what bounds them. */
const definerFunctions: Readonly<Record<string, string>> = {
  prune_events: 'removes what a signed anchor covers and no hold keeps, and only the platform may call it',
  ensure_request_partitions: 'makes empty partitions, takes two figures, and only the platform may call it',
}

export const lintCatalog = async (query: Query): Promise<Finding[]> => [
  ...(await rowSecurity(query)),
  ...(await policies(query)),
  ...(await primaryKeys(query)),
  ...(await foreignKeys(query)),
  ...(await uniqueKeys(query)),
  ...(await tablesWithoutAccount(query)),
  ...(await views(query)),
  ...(await functions(query)),
  ...(await roles(query)),
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
const ownRowsOnly =
  "(account_id = ( SELECT NULLIF(current_setting('app.account_id'::text, true), ''::text) AS \"nullif\"))"

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
        ...(using === null || narrow(using) ? [] : [{ object, fault: `reads more than own rows: ${using}` }]),
        ...(check === null || check === ownRowsOnly ? [] : [{ object, fault: `writes more than own rows: ${check}` }]),
        ...(cmd === 'ALL' && check === null ? [{ object, fault: 'no condition on what is written' }] : []),
      ]
    })
  })
}

/** Own rows, or rows of the platform that it offers to all accounts and that are read only. */
const narrow = (using: string) => using === ownRowsOnly || using === "(account_id = 'platform'::text)"

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
    join pg_index i on i.indrelid = t.oid and i.indisunique join pg_class x on x.oid = i.indexrelid
    where not t.relispartition and not exists (
      select 1 from unnest(i.indkey) k join pg_attribute a on a.attrelid = t.oid and a.attnum = k
      where a.attname = 'account_id')`)
  return rows
    .filter(({ name }) => !uniqueEverywhere[name])
    .map(({ name, relname }) => ({
      object: `${relname}.${name}`,
      fault: 'unique across accounts: a collision tells that another account has the value',
    }))
}

const tablesWithoutAccount = async (query: Query) => {
  const rows = await query<{ relname: string; secured: boolean; granted: boolean }>(`
    select c.relname, c.relrowsecurity and c.relforcerowsecurity as secured,
      has_table_privilege('cockpit_app', c.oid, 'select, insert, update, delete')
        or has_any_column_privilege('cockpit_app', c.oid, 'select, insert, update') as granted
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p') and c.relname not like 'kysely_%'
      and not exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'account_id' and not a.attisdropped)`)
  return rows.flatMap(({ relname, secured, granted }) => [
    ...(granted && !sharedWithTenants[relname]
      ? [{ object: relname, fault: 'tenants may use a table of no account' }]
      : []),
    ...(granted && !secured ? [{ object: relname, fault: 'shared with tenants without row-level security' }] : []),
  ])
}

const views = async (query: Query) => {
  const rows = await query<{ relname: string; relkind: string }>(`
    select c.relname, c.relkind from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('v', 'm')
      and (c.relkind = 'm' or not coalesce('security_invoker=true' = any(c.reloptions), false))`)
  return rows.map(({ relname, relkind }) => ({
    object: relname,
    fault:
      relkind === 'm'
        ? 'a materialised view holds rows of all accounts'
        : 'a view runs as its owner unless security_invoker is set',
  }))
}

const functions = async (query: Query) => {
  const rows = await query<{ proname: string }>(`
    select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'public' and p.prosecdef
      and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e')`)
  return rows
    .filter(({ proname }) => !definerFunctions[proname])
    .map(({ proname }) => ({ object: proname, fault: 'runs as its owner, beyond row-level security' }))
}

const roles = async (query: Query) => {
  const rows = await query<{ rolname: string; fault: string }>(`
    select rolname, case when rolsuper then 'is a superuser' when rolbypassrls then 'bypasses row-level security'
      when rolcanlogin then 'can log in' else 'owns ' || owned end as fault
    from (select r.*, (select min(c.relname) from pg_class c where c.relowner = r.oid) as owned from pg_roles r) r
    where rolname in ('cockpit_app', 'cockpit_platform')
      and (rolsuper or rolbypassrls or rolcanlogin or owned is not null)`)
  return rows.map(({ rolname, fault }) => ({ object: rolname, fault }))
}
