import type { AnyContext } from '@cockpit/contract/identity'
import { tokenRoutes } from '@cockpit/contract/tokens'
import type { ResolutionRules } from '@cockpit/policy'
import { type Bound, bind, type Ctx } from '../../platform/index.ts'
import { homeOrgClaims, roleClaims } from './claims.ts'
import type { Tokens } from './service.ts'

type Deps = { describe: (ctx: Ctx) => Promise<AnyContext>; rules: Omit<ResolutionRules, 'issuerAccount'> }

export const tokenHandlers = (tokens: Tokens, { describe, rules }: Deps): Bound[] =>
  bind(tokenRoutes, {
    async diagnostics({ ctx, query }) {
      const { installation, names } = tokens.settings
      const { keys, introspection } = tokens.health()
      return {
        ...(await tokens.refused(ctx, query)),
        provider: installation &&
          keys && { issuer: installation.issuer, audiences: [...installation.audiences], keys, introspection },
        mapping: {
          accountId: [...names.accountId],
          productDomains: [...names.productDomains],
          homeOrg: [...homeOrgClaims],
          roles: [...roleClaims, '…:roles'],
          superAdminRoleKeys: [...rules.superAdminKeys],
          accountAdminRoleKeys: [...rules.accountAdminKeys],
          platformOrgId: rules.platformOrgId,
        },
      }
    },
    async zitadelStatus({ ctx }) {
      const { authProvider, accountId, roles, scopes, productDomainsAllowed } = await describe(ctx)
      const { installation } = tokens.settings
      return {
        enabled: authProvider === 'zitadel',
        zitadelConfigured: installation !== null,
        issuer: installation?.issuer ?? null,
        ...{ authProvider, accountId, roles, scopes, productDomainsAllowed },
      }
    },
  })
