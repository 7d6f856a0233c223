/** The ways by which a row is read or changed past row-level security, whatever the policies say. */
import type { Finding, Query } from './catalog.ts'

/** Functions that run as their owner, each with what bounds them. */
const definerFunctions: Readonly<Record<string, string>> = {
  'prune_events(text,bigint)':
    'removes what a signed anchor covers and no hold keeps, and only the platform may call it',
  'ensure_request_partitions(date,integer)':
    'makes empty partitions, takes two figures, and only the platform may call it',
  'platform_roles_of_members()':
    'says of members of the account of the transaction, and of nobody else, which role of the platform they have',
}
const tenantsCall: readonly string[] = ['platform_roles_of_members()']

export const waysAround = async (query: Query): Promise<Finding[]> => [
  ...(await otherPlaces(query)),
  ...(await views(query)),
  ...(await rules(query)),
  ...(await grants(query)),
  ...(await functions(query)),
  ...(await roles(query)),
]

/** Nothing else of PostgreSQL holds rows under a policy, and nothing here looks into another schema. */
const otherPlaces = async (query: Query) => {
  const rows = await query<{ object: string; fault: string }>(`
    select n.nspname || '.' || c.relname as object,
      case when c.relkind = 'f' then 'a foreign table has no row-level security'
        else 'stands in a schema that is not looked at' end as fault
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and (n.nspname <> 'public' or c.relkind = 'f')
      and n.nspname <> 'information_schema' and n.nspname not like 'pg\\_%'`)
  const [large] = await query<{ count: string }>('select count(*) as count from pg_largeobject_metadata')
  return large?.count === '0'
    ? rows
    : [...rows, { object: 'pg_largeobject', fault: 'large objects have no row-level security' }]
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

const rules = async (query: Query) => {
  const rows = await query<{ object: string }>(`
    select c.relname || '.' || w.rulename as object from pg_rewrite w
    join pg_class c on c.oid = w.ev_class join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and w.rulename <> '_RETURN'`)
  return rows.map(({ object }) => ({ object, fault: 'a rule does what it does as the owner of its table' }))
}

/** No policy is asked when a table is emptied, pointed at by a key, or given a trigger. */
const grants = async (query: Query) => {
  const rows = await query<{ object: string; fault: string }>(`
    select c.relname as object, 'tenants may ' || p.privilege || ' it, whatever its policies say' as fault
    from pg_class c join pg_namespace n on n.oid = c.relnamespace,
      unnest(array['truncate', 'references', 'trigger', 'maintain']) as p(privilege)
    where n.nspname = 'public' and c.relkind in ('r', 'p', 'v') and has_table_privilege('cockpit_app', c.oid, p.privilege)
    union all
    select n.nspname, 'tenants may make tables and functions in it' from pg_namespace n
    where n.nspname = 'public' and has_schema_privilege('cockpit_app', n.oid, 'create')`)
  return rows
}

/** By name and parameters: another of the same name is another one. */
const functions = async (query: Query) => {
  const rows = await query<{ name: string; definer: boolean; bound: boolean; called: boolean }>(`
    select p.oid::regprocedure::text as name, p.prosecdef as definer,
      exists (select 1 from unnest(p.proconfig) c where c like 'search_path=%') as bound,
      has_function_privilege('cockpit_app', p.oid, 'execute') as called
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname <> 'information_schema' and n.nspname not like 'pg\\_%' and (p.prosecdef or p.proleakproof)
      and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e')`)
  return rows.flatMap(({ name, definer, bound, called }) => {
    if (!definer) return [{ object: name, fault: 'is asked before the policy, of rows of all accounts' }]
    if (!definerFunctions[name]) return [{ object: name, fault: 'runs as its owner, beyond row-level security' }]
    return [
      ...(called && !tenantsCall.includes(name)
        ? [{ object: name, fault: 'tenants may call what runs as its owner' }]
        : []),
      ...(bound ? [] : [{ object: name, fault: 'runs as its owner on whatever search_path its caller sets' }]),
    ]
  })
}

/** Nothing that runs for a tenant is more than its policies let it be, by itself or by another role. */
const roles = async (query: Query) => {
  const rows = await query<{ rolname: string; fault: string }>(`
    select r.rolname, f.fault from pg_roles r,
      lateral (select min(c.relname) as relname from pg_class c where c.relowner = r.oid) as owned,
      lateral (select min(g.rolname::text) as rolname from pg_auth_members m join pg_roles g on g.oid = m.roleid
        where m.member = r.oid) as of_role,
      lateral unnest(array[
        case when r.rolsuper then 'is a superuser' end,
        case when r.rolbypassrls then 'bypasses row-level security' end,
        case when r.rolcanlogin then 'can log in' end,
        case when r.rolcreaterole then 'may make roles' end,
        case when r.rolreplication then 'may copy the whole database' end,
        'owns ' || owned.relname,
        'may be ' || of_role.rolname]) as f(fault)
    where r.rolname in ('cockpit_app', 'cockpit_platform') and f.fault is not null`)
  return rows.map(({ rolname, fault }) => ({ object: rolname, fault }))
}
