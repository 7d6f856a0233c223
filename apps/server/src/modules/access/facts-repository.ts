import type { Grant } from '@cockpit/policy'
import { sql } from 'kysely'
import type { Tx } from '../../platform/index.ts'
import { type AssignedRow, grantOf, type RuleRow, ruleOf } from './facts.ts'
import type { Who } from './port.ts'

type Row = { assignments: AssignedRow[]; rules: RuleRow[]; policy_seq?: bigint }

/** What is stored about one principal: their assignments, and the rules of the account. One round trip, as it is read with every request. */
export const readFacts = async (tx: Tx, { kind, id, accountId }: Pick<Who, 'kind' | 'id' | 'accountId'>) => {
  const holder = kind === 'service_account' ? sql.ref('a.service_account_id') : sql.ref('a.user_id')
  const { rows } = await sql<Row>`
    select
      coalesce((
        select json_agg(${assigned}) from role_assignments a
        left join custom_roles r on r.account_id = a.account_id and r.id = a.custom_role_id
        where a.account_id = ${accountId} and ${holder} = ${id}), '[]') as assignments,
      coalesce((select json_agg(d) from deny_rules d where d.account_id = ${accountId}), '[]') as rules,
      (select policy_seq from audit_chains where account_id = ${accountId}) as policy_seq`.execute(tx.sql)
  const [row] = rows
  return {
    grants: (row?.assignments ?? []).map(grantOf),
    denials: (row?.rules ?? []).map(ruleOf),
    policy: { accountId, seq: Number(row?.policy_seq ?? 0) },
  }
}

/** The same of everybody in the account at once, for the review: grants by the id of who holds them, since when. */
export const readAllFacts = async (tx: Tx, accountId: string) => {
  const { rows } = await sql<Row>`
    select
      coalesce((
        select json_agg(${assigned}) from role_assignments a
        left join custom_roles r on r.account_id = a.account_id and r.id = a.custom_role_id
        where a.account_id = ${accountId}), '[]') as assignments,
      coalesce((select json_agg(d) from deny_rules d where d.account_id = ${accountId}), '[]') as rules`.execute(tx.sql)
  const [row] = rows
  const grants = new Map<string, (Grant & { since: Date })[]>()
  for (const one of row?.assignments ?? []) {
    const holder = one.user_id ?? one.service_account_id ?? ''
    grants.set(holder, [...(grants.get(holder) ?? []), { ...grantOf(one), since: new Date(one.starts_at) }])
  }
  return { grants, denials: (row?.rules ?? []).map(ruleOf) }
}

/** A row of `role_assignments as a`, with its role in `custom_roles as r`. */
export const assigned = sql`json_build_object(
  'id', a.id, 'user_id', a.user_id, 'service_account_id', a.service_account_id,
  'role', a.role, 'custom_role_id', a.custom_role_id, 'role_name', r.name, 'permissions', r.permissions,
  'org_id', a.org_id, 'team_id', a.team_id, 'starts_at', a.starts_at, 'expires_at', a.expires_at,
  'org_teams', (select coalesce(json_agg(t.id), '[]') from teams t
    where t.account_id = a.account_id and t.org_id = a.org_id))`
