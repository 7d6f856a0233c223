import type { AnyContext, MeContext } from '@cockpit/contract/identity'
import { productDomains } from '@cockpit/contract/tokens'
import { type Clock, type Ctx, type Db, platformAccount } from '../../platform/index.ts'
import type { KeepAdmin } from './administrators.ts'
import { createAssignments } from './assignments.ts'
import { createDenials } from './denials.ts'
import { createImpersonations, createMaskOf } from './impersonations.ts'
import { createPermissionsOf } from './permissions-of.ts'
import type { AdmitsFrom, WhoIs, WorkingTokens, WouldBe } from './port.ts'
import { createRequests } from './requests.ts'
import { createReview } from './review.ts'
import type { RightsOf } from './rights.ts'
import { createRoles } from './roles.ts'
import { createSimulate } from './simulate.ts'

export type AccessDeps = {
  db: Db
  now: Clock
  rightsOf: RightsOf
  keepAdmin: KeepAdmin
  whoIs: WhoIs
  wouldBe: WouldBe
  admitsFrom: AdmitsFrom
  workingTokens: WorkingTokens
}

export const createAccess = (deps: AccessDeps) => {
  const { db, now, rightsOf, keepAdmin, whoIs, wouldBe, admitsFrom, workingTokens } = deps
  const assignments = createAssignments({ db, now, rightsOf, keepAdmin })
  const maskOf = createMaskOf({ now })
  /** Who the caller is, in which account they act, and what they may do there; nobody may ask too. */
  const describeAny = async (ctx: Ctx): Promise<AnyContext> => {
    const { kind, id, name, isSuperAdmin, isPlatform, permissions, delegated } = ctx.actor
    if (kind === 'system') return nobody
    const { email, accounts } = await whoIs(ctx)
    const { sessionId, impersonator } = ctx
    const worn = impersonator && sessionId ? await db.platform(ctx, (tx) => maskOf(tx, sessionId)) : null
    const mask = worn?.mask
    const here = kind === 'user' ? accounts.filter((account) => account.id === ctx.accountId) : []
    return {
      principal: { kind, id, name, email },
      ...cameInBy(ctx),
      restriction: ctx.restriction ?? null,
      isSuperAdmin,
      isPlatform,
      accountId: ctx.accountId === platformAccount ? null : ctx.accountId,
      accounts,
      roles: isSuperAdmin ? ['super_admin'] : (isPlatform ? accounts.slice(0, 1) : here).map(({ role }) => role),
      permissions: [...permissions].sort(),
      delegated: [...delegated].map(([permission, { orgIds, teamIds }]) => ({
        permission,
        orgIds: [...orgIds],
        teamIds: [...teamIds],
      })),
      impersonation: mask
        ? { by: mask.actor, reason: mask.reason, writes: mask.writes, expiresAt: mask.expiresAt }
        : null,
      breakGlass: ctx.breakGlass ? { ...ctx.breakGlass, endsAt: ctx.breakGlass.endsAt.toISOString() } : null,
    }
  }
  return {
    roles: createRoles({ db, now, keepAdmin }),
    assignments,
    requests: createRequests({ db, now, assignments }),
    denials: createDenials({ db, now, rightsOf, keepAdmin }),
    impersonations: createImpersonations({ db, now, rightsOf }),
    simulate: createSimulate({ db, now, wouldBe, admitsFrom }),
    review: createReview({ db, now, workingTokens }),
    permissionsOf: createPermissionsOf({ db, now }),

    describeAny,
    /** The same of somebody who is known. */
    async describe(ctx: Ctx): Promise<MeContext> {
      const told = await describeAny(ctx)
      if (!told.principal) throw new Error('the program itself does not ask who it is')
      return { ...told, principal: told.principal }
    },
  }
}
export type Access = ReturnType<typeof createAccess>

const nobody: AnyContext = {
  principal: null,
  restriction: null,
  isSuperAdmin: false,
  isPlatform: false,
  accountId: null,
  accounts: [],
  roles: [],
  permissions: [],
  delegated: [],
  impersonation: null,
  breakGlass: null,
  authProvider: null,
  scopes: [],
  productDomainsAllowed: [],
}

/** Of whoever did not come by a session or a token that says more. */
const byKind: Readonly<Record<Ctx['actor']['kind'], AnyContext['authProvider']>> = {
  user: 'local',
  key: 'virtual_key',
  master_key: 'master_key',
  break_glass: 'break_glass',
  service_account: 'service_account',
  scim: 'scim',
  system: null,
}

const cameInBy = ({ actor, login }: Ctx): Pick<AnyContext, 'authProvider' | 'scopes' | 'productDomainsAllowed'> => ({
  authProvider: login?.provider ?? byKind[actor.kind],
  scopes: [...(login?.scopes ?? [])],
  productDomainsAllowed: allowed(login?.productDomains ?? null),
})

/** `all` means both; a domain that is not known here opens nothing. */
const allowed = (named: readonly string[] | null) =>
  productDomains.filter((domain) => named === null || named.includes('all') || named.includes(domain))
