import type { MeContext } from '@cockpit/contract/identity'
import { type Clock, type Ctx, type Db, platformAccount } from '../../platform/index.ts'
import { createAssignments } from './assignments.ts'
import { createDenials } from './denials.ts'
import { createImpersonations, createMaskOf } from './impersonations.ts'
import type { WhoIs } from './port.ts'
import { createRequests } from './requests.ts'
import { createReview } from './review.ts'
import type { RightsOf } from './rights.ts'
import { createRoles } from './roles.ts'
import { createSimulate } from './simulate.ts'

export type AccessDeps = { db: Db; now: Clock; rightsOf: RightsOf; whoIs: WhoIs }

export const createAccess = ({ db, now, rightsOf, whoIs }: AccessDeps) => {
  const assignments = createAssignments({ db, now })
  const maskOf = createMaskOf({ now })
  return {
    roles: createRoles({ db, now }),
    assignments,
    requests: createRequests({ db, now, assignments }),
    denials: createDenials({ db, now, rightsOf }),
    impersonations: createImpersonations({ db, now, rightsOf }),
    simulate: createSimulate({ db, now }),
    review: createReview({ db, now }),

    /** Who the caller is, in which account they act, and what they may do there. */
    async describe(ctx: Ctx): Promise<MeContext> {
      const { kind, id, name, isSuperAdmin, isPlatform, permissions, delegated } = ctx.actor
      if (kind === 'system') throw new Error('the program itself does not ask who it is')
      const { email, accounts } = await whoIs(ctx)
      const { sessionId, impersonator } = ctx
      const mask = impersonator && sessionId ? await db.platform(ctx, (tx) => maskOf(tx, sessionId)) : null
      const here = kind === 'user' && !isPlatform ? accounts.find((account) => account.id === ctx.accountId) : undefined
      return {
        principal: { kind, id, name, email },
        isSuperAdmin,
        isPlatform,
        accountId: ctx.accountId === platformAccount ? null : ctx.accountId,
        accounts,
        roles: isSuperAdmin
          ? ['super_admin']
          : isPlatform
            ? accounts.slice(0, 1).map(({ role }) => role)
            : here
              ? [here.role]
              : [],
        permissions: [...permissions].sort(),
        delegated: [...delegated].map(([permission, { orgIds, teamIds }]) => ({
          permission,
          orgIds: [...orgIds],
          teamIds: [...teamIds],
        })),
        impersonation: mask && {
          by: mask.actor,
          reason: mask.reason,
          writes: mask.writes,
          expiresAt: mask.expiresAt,
        },
      }
    },
  }
}
export type Access = ReturnType<typeof createAccess>
