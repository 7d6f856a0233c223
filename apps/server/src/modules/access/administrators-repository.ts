import type { RoleName } from '@cockpit/contract/kit'
import { sql } from 'kysely'
import { platformAccount, type Tx } from '../../platform/index.ts'
import type { AssignedRow, RuleRow } from './facts.ts'
import { assigned } from './facts-repository.ts'

type Row = {
  people: {
    id: string
    role: RoleName
    has_own_sign_in: boolean
    is_of_provider: boolean
    is_super_admin: boolean
    assignments: AssignedRow[]
  }[]
  rules: RuleRow[]
  provider: { enabled: boolean; required: boolean; written_with: string[] | null } | null
}

/** What decides who can put an account in order. Reads memberships, sign-ins, the provider and its domains, which are others' tables. */
export const administratorsRepository = ({ sql: db }: Tx) => ({
  /** Waits until nobody else changes who administers this account, and keeps it so until the end of the transaction. */
  async hold(accountId: string): Promise<void> {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`${accountId}:administrators`}, 0))`.execute(db)
  },
  /**
   * Everybody who may be an administrator: active, and a super admin, or with a role of one or one beside it that does not
   * end. Whoever has a role of the platform acts by that alone; a transaction of the account is told it of its members.
   */
  async read(accountId: string): Promise<Row> {
    const { rows } = await sql<Row>`
      select
        coalesce((
          select json_agg(json_build_object(
            'id', m.user_id, 'role', m.role,
            'has_own_sign_in', u.password_hash is not null or exists (select 1 from passkeys k where k.user_id = u.id),
            -- it speaks for people of domains that the account has proven
            'is_of_provider', exists (
              select 1 from account_domains d where d.account_id = m.account_id and d.verified_at is not null
                and d.domain = split_part(u.email, '@', 2)
                and (s.email_domains = '{}' or d.domain = any(s.email_domains))),
            'is_super_admin', p.role is not null,
            'assignments', coalesce((
              select json_agg(${assigned}) from role_assignments a
              left join custom_roles r on r.account_id = a.account_id and r.id = a.custom_role_id
              where a.account_id = m.account_id and a.user_id = m.user_id), '[]')))
          from memberships m join users u on u.id = m.user_id
          left join sso_configs s on s.account_id = m.account_id
          left join (
            select user_id, role from memberships where account_id = ${platformAccount} and status = 'active'
            union select user_id, role from platform_roles_of_members()
          ) p on p.user_id = m.user_id
          where m.account_id = ${accountId} and m.status = 'active' and coalesce(p.role, 'super_admin') = 'super_admin'
            and (p.role is not null or m.role in ('owner', 'account_admin') or exists (
              select 1 from role_assignments a where a.account_id = m.account_id and a.user_id = m.user_id
                and a.expires_at is null and a.org_id is null and a.team_id is null))), '[]') as people,
        coalesce((select json_agg(d) from deny_rules d where d.account_id = ${accountId}), '[]') as rules,
        (select json_build_object('enabled', s.enabled, 'required', s.required, 'written_with', s.written_with)
          from sso_configs s where s.account_id = ${accountId}) as provider`.execute(db)
    return rows[0] ?? { people: [], rules: [], provider: null }
  },
})
