import type { ZitadelConfig, ZitadelDefaults, ZitadelUserLink } from '@cockpit/contract/zitadel-shapes'
import type { Selectable } from 'kysely'
import { type DB, isUniqueViolation, jsonb, Problem, type Tx } from '../../platform/index.ts'

export type Settings = Omit<ZitadelConfig, 'updatedAt'>
export type Linked = { accountId: string; userId: string; zitadelUserId: string }

/** How accounts are provisioned, and who their people are in Zitadel. Platform transactions only. */
export const settingsRepository = ({ sql }: Tx) => ({
  async config(accountId: string): Promise<ZitadelConfig> {
    const row = await sql
      .selectFrom('zitadel_configs')
      .selectAll()
      .where('account_id', '=', accountId)
      .executeTakeFirst()
    return row ? present(row) : unconfigured
  },
  async setConfig(accountId: string, settings: Settings, at: Date) {
    const row = {
      enabled: settings.enabled,
      issuer: settings.issuer,
      audience: settings.audience,
      project_id: settings.projectId,
      organization_id: settings.organizationId,
      role_mappings: jsonb(settings.roleMappings),
      account_id_claim: settings.accountIdClaim,
      product_domains_claim: settings.productDomainsClaim,
      organization_deactivated: settings.organizationDeactivated,
      updated_at: at,
    }
    await sql
      .insertInto('zitadel_configs')
      .values({ account_id: accountId, ...row })
      .onConflict((on) => on.column('account_id').doUpdateSet(row))
      .execute()
      .catch((error: unknown) => {
        if (!isUniqueViolation(error, 'zitadel_configs__organization')) throw error
        throw organizationTaken()
      })
  },
  async accountOfOrganization(organizationId: string): Promise<{ accountId: string; config: ZitadelConfig } | null> {
    const row = await sql
      .selectFrom('zitadel_configs')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('enabled', '=', true)
      .executeTakeFirst()
    return row ? { accountId: row.account_id, config: present(row) } : null
  },
  async ownerOfOrganization(organizationId: string): Promise<string | null> {
    const row = await sql
      .selectFrom('zitadel_configs')
      .select('account_id')
      .where('organization_id', '=', organizationId)
      .executeTakeFirst()
    return row?.account_id ?? null
  },
  /** Accounts that can be compared with Zitadel; those of one project, or all. */
  async enabledAccounts(projectId?: string): Promise<string[]> {
    const rows = await sql
      .selectFrom('zitadel_configs')
      .select('account_id')
      .where('enabled', '=', true)
      .where('organization_id', 'is not', null)
      .where('project_id', 'is not', null)
      .$if(projectId !== undefined, (query) => query.where('project_id', '=', projectId ?? ''))
      .orderBy('account_id')
      .execute()
    return rows.map((row) => row.account_id)
  },

  async defaults(): Promise<ZitadelDefaults> {
    const row = await sql.selectFrom('zitadel_defaults').selectAll().executeTakeFirst()
    return {
      projectId: row?.project_id ?? null,
      organizationId: row?.organization_id ?? null,
      rolePrefix: row?.role_prefix ?? null,
      resolveUserIdsFromZitadel: row?.resolve_user_ids ?? true,
    }
  },
  async setDefaults(defaults: ZitadelDefaults, at: Date) {
    const row = {
      project_id: defaults.projectId,
      organization_id: defaults.organizationId,
      role_prefix: defaults.rolePrefix,
      resolve_user_ids: defaults.resolveUserIdsFromZitadel,
      updated_at: at,
    }
    await sql
      .insertInto('zitadel_defaults')
      .values(row)
      .onConflict((on) => on.column('id').doUpdateSet(row))
      .execute()
  },

  async links(accountId: string): Promise<ZitadelUserLink[]> {
    const rows = await sql
      .selectFrom('zitadel_user_links as l')
      .innerJoin('users as u', 'u.id', 'l.user_id')
      .select(['l.user_id', 'u.email', 'l.zitadel_user_id', 'l.source', 'l.created_at'])
      .where('l.account_id', '=', accountId)
      .orderBy('u.email')
      .execute()
    return rows.map((row) => ({
      userId: row.user_id as ZitadelUserLink['userId'],
      email: row.email,
      zitadelUserId: row.zitadel_user_id,
      source: row.source as ZitadelUserLink['source'],
      createdAt: row.created_at.toISOString(),
    }))
  },
  /** One person here is one person there: whoever had this id before in the account loses it. */
  async setLink({ accountId, userId, zitadelUserId }: Linked, source: ZitadelUserLink['source'], at: Date) {
    await sql
      .deleteFrom('zitadel_user_links')
      .where('account_id', '=', accountId)
      .where((e) => e.or([e('zitadel_user_id', '=', zitadelUserId), e('user_id', '=', userId)]))
      .execute()
    await sql
      .insertInto('zitadel_user_links')
      .values({ account_id: accountId, user_id: userId, zitadel_user_id: zitadelUserId, source, created_at: at })
      .execute()
  },
  async removeLink(accountId: string, userId: string) {
    await sql
      .deleteFrom('zitadel_user_links')
      .where('account_id', '=', accountId)
      .where('user_id', '=', userId)
      .execute()
  },
  async linksOf(zitadelUserId: string): Promise<Linked[]> {
    const rows = await sql
      .selectFrom('zitadel_user_links')
      .select(['account_id', 'user_id'])
      .where('zitadel_user_id', '=', zitadelUserId)
      .execute()
    return rows.map((row) => ({ accountId: row.account_id, userId: row.user_id, zitadelUserId }))
  },
})

export const organizationTaken = () =>
  new Problem(
    'zitadel.organization_taken',
    'Another account stands for this organization already; one organization is one account.',
  )

const unconfigured: ZitadelConfig = {
  enabled: false,
  issuer: null,
  audience: null,
  projectId: null,
  organizationId: null,
  roleMappings: {},
  accountIdClaim: null,
  productDomainsClaim: null,
  organizationDeactivated: 'suspend',
  updatedAt: null,
}

const present = (row: Selectable<DB['zitadel_configs']>): ZitadelConfig => ({
  enabled: row.enabled,
  issuer: row.issuer,
  audience: row.audience,
  projectId: row.project_id,
  organizationId: row.organization_id,
  roleMappings: row.role_mappings as ZitadelConfig['roleMappings'],
  accountIdClaim: row.account_id_claim,
  productDomainsClaim: row.product_domains_claim,
  organizationDeactivated: row.organization_deactivated as ZitadelConfig['organizationDeactivated'],
  updatedAt: row.updated_at.toISOString(),
})
