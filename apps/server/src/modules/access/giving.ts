import { RoleName } from '@cockpit/contract/kit'
import type { Permission } from '@cockpit/contract/permissions'
import { Problem, type Tx } from '../../platform/index.ts'
import { above, belongsIn, builtInRole, customRole, type GivenRole } from './model.ts'
import { roleRepository } from './roles-repository.ts'

/** A role of the account of the transaction that can be given there, held so that it is not deleted meanwhile. */
export const roleToGive = async (tx: Tx, ref: string, now: Date): Promise<GivenRole> => {
  const builtIn = RoleName.safeParse(ref)
  if (builtIn.success && belongsIn(builtIn.data, tx.ctx.accountId)) {
    // whoever is a super admin is so by membership, where the last of them is guarded
    if (builtIn.data !== 'super_admin') return builtInRole(builtIn.data)
  } else if (!builtIn.success) {
    const row = await roleRepository(tx, now).hold(ref)
    if (row) return customRole(row)
  }
  throw new Problem('role.not_found', 'There is no such role here.')
}

/** Nobody gives, changes or takes more than they may do themselves. */
export const refuseAbove = ({ ctx }: Tx, permissions: Iterable<Permission>, what: string) => {
  const beyond = above(ctx.actor, permissions)
  if (beyond.length === 0) return
  const list = beyond.slice(0, 3).join(', ')
  throw new Problem(
    'access.denied',
    `${what} may do more than you (${list}${beyond.length > 3 ? ', …' : ''}), so you cannot give or change it.`,
  )
}

export const roleColumns = ({ id, builtIn }: Pick<GivenRole, 'id' | 'builtIn'>) => ({
  role: builtIn ? id : null,
  custom_role_id: builtIn ? null : id,
})
