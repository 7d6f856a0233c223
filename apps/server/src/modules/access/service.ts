import type { MeContext } from '@cockpit/contract/identity'
import { type Clock, type Ctx, type Db, platformAccount } from '../../platform/index.ts'
import { createAssignments } from './assignments.ts'
import { createDenials } from './denials.ts'
import type { WhoIs } from './port.ts'
import { createRequests } from './requests.ts'
import { createRightsOf } from './rights.ts'
import { createRoles } from './roles.ts'

export type AccessDeps = { db: Db; now: Clock; whoIs: WhoIs }

export const createAccess = ({ db, now, whoIs }: AccessDeps) => {
  const assignments = createAssignments({ db, now })
  return {
    roles: createRoles({ db, now }),
    assignments,
    requests: createRequests({ db, now, assignments }),
    denials: createDenials({ db, now, rightsOf: createRightsOf({ now }) }),

    /** Who the caller is, in which account they act, and what they may do there. */
    async describe(ctx: Ctx): Promise<MeContext> {
      const { kind, id, name, isSuperAdmin, isPlatform, permissions, delegated } = ctx.actor
      if (kind === 'system') throw new Error('the program itself does not ask who it is')
      const { email, accounts } = await whoIs(ctx)
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
      }
    },
  }
}
export type Access = ReturnType<typeof createAccess>
