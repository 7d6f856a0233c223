import type { MeContext } from '@cockpit/contract/identity'
import { type Ctx, platformAccount } from '../../platform/index.ts'
import type { WhoIs } from './port.ts'

export const createAccess = ({ whoIs }: { whoIs: WhoIs }) => ({
  /** Who the caller is, in which account they act, and what they may do there. */
  async describe(ctx: Ctx): Promise<MeContext> {
    const { kind, id, name, isSuperAdmin, isPlatform, permissions } = ctx.actor
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
    }
  },
})
export type Access = ReturnType<typeof createAccess>
