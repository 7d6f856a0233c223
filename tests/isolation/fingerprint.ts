import type { Query } from './catalog.ts'

/**
 * What the program changes by itself at any time: snapshots are compiled again when the catalog of the platform changes,
 * a gateway takes and returns credits in bulk, refused attempts are summed up. These rows count without it.
 */
const byItself: Readonly<Record<string, string | null>> = {
  snapshots: null,
  // refused attempts and looks at what is sensitive are told a moment later, and every event moves the head of the chain, its next checkpoint and what
  // was sent to destinations and exporters
  audit_chains: null,
  audit_checkpoints: null,
  audit_destinations:
    'select jsonb_build_array(t.id, t.name, t.url, t.status, t.sealed_secret) as row from audit_destinations t where account_id = $1',
  exporters:
    'select jsonb_build_array(t.id, t.name, t.url, t.status, t.content, t.sealed_secret) as row from exporters t where account_id = $1',
  mail_messages:
    'select jsonb_build_array(t.id, t.kind, t.to_address, t.subject, t.about) as row from mail_messages t where account_id = $1',
  // from an event until somebody is told of it
  event_notes: null,
  events:
    "select jsonb_build_array(t.id, t.name, t.actor, t.subject) as row from events t where account_id = $1 and outcome = 'done'",
  holds: "select to_jsonb(t) as row from holds t where account_id = $1 and kind = 'hold'",
  budget_balances: "select to_jsonb(t) - 'held' - 'own_held' as row from budget_balances t where account_id = $1",
}

const people = '(select user_id from memberships where account_id = $1)'
/** What its people are and have stands in tables of no account, and is theirs all the same. */
const ofPeople: Readonly<Record<string, string>> = {
  users: `select to_jsonb(t) - 'last_seen_at' as row from users t where id in ${people}`,
  sessions: `select jsonb_build_array(t.id, t.ended_at, t.methods, t.only_account) as row from sessions t where user_id in ${people}`,
  user_identities: `select to_jsonb(t) - 'last_seen_at' as row from user_identities t where user_id in ${people}`,
  passkeys: `select to_jsonb(t) - 'last_used_at' - 'counter' as row from passkeys t where user_id in ${people}`,
  totp_secrets: `select to_jsonb(t) as row from totp_secrets t where user_id in ${people}`,
  recovery_codes: `select to_jsonb(t) as row from recovery_codes t where user_id in ${people}`,
  former_passwords: `select to_jsonb(t) as row from former_passwords t where user_id in ${people}`,
}

/** A digest of each table's rows of one account and of its people, to tell that nothing of it changed, or what did. */
export const fingerprint = async (query: Query, accountId: string): Promise<Record<string, string>> => {
  const tables = await query<{ name: string }>(`
    select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'account_id' and not a.attisdropped
    where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition order by 1`)
  const whole = (name: string) => `select to_jsonb(t) as row from "${name}" t where account_id = $1`
  const looks = [
    ...tables.map(({ name }) => [name, byItself[name] === undefined ? whole(name) : byItself[name]] as const),
    ...Object.entries(ofPeople),
  ]
  const sums = looks.flatMap(([name, look]) =>
    look === null
      ? []
      : [
          `select '${name}' as name, coalesce(md5(string_agg(r.row::text, '|' order by r.row::text)), '') as sum from (${look}) r`,
        ],
  )
  const rows = await query<{ name: string; sum: string }>(sums.join(' union all '), [accountId])
  return Object.fromEntries(rows.map(({ name, sum }) => [name, sum]))
}

export const changedTables = (before: Record<string, string>, after: Record<string, string>): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => before[name] !== after[name])
