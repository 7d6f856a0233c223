import type { AccountRole } from '@cockpit/contract/kit'
import type { ScimRule } from '@cockpit/contract/scim'
import type { Tx } from '../../platform/index.ts'

/** All SQL over `scim_rules`, of the account of the transaction. */
export const ruleRepository = ({ sql: db, ctx }: Tx) => ({
  async list(): Promise<ScimRule[]> {
    const rows = await db
      .selectFrom('scim_rules')
      .selectAll()
      .where('account_id', '=', ctx.accountId)
      .orderBy('position')
      .execute()
    return rows.map(({ match, role, team_id, org_id }) => ({
      match,
      gives: role
        ? { kind: 'role', role: role as AccountRole }
        : team_id
          ? { kind: 'team', id: team_id }
          : { kind: 'org', id: org_id ?? '' },
    }))
  },
  async replace(rules: readonly ScimRule[], newId: () => string) {
    await db.deleteFrom('scim_rules').where('account_id', '=', ctx.accountId).execute()
    if (rules.length === 0) return
    const rows = rules.map(({ match, gives }, position) => ({
      account_id: ctx.accountId,
      id: newId(),
      position,
      match,
      gives: gives.kind,
      role: gives.kind === 'role' ? gives.role : null,
      team_id: gives.kind === 'team' ? gives.id : null,
      org_id: gives.kind === 'org' ? gives.id : null,
    }))
    await db.insertInto('scim_rules').values(rows).execute()
  },
})
