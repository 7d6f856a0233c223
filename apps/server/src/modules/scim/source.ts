import { type Permission, rolePermissions } from '@cockpit/contract/permissions'
import { type Actor, type Ctx, lasting, platformAccount, type Tx } from '../../platform/index.ts'

/**
 * How far a source reaches: as far as whoever answers for it, as they stand now, and at most as an owner. Members it looks
 * after in any case, so that people come and go also when that person is gone.
 */
export const reachOf = (answering: Actor | null): ReadonlySet<Permission> => {
  if (answering?.isSuperAdmin) return rolePermissions.owner
  return new Set([...rolePermissions.member, ...(answering ? lasting(answering) : [])].filter(isOwners))
}
const isOwners = (permission: Permission) => rolePermissions.owner.has(permission)

/** The identity source as whom its requests act. An account never loses its last admin by it. */
export const sourceActor = (id: string, name: string, reach: ReadonlySet<Permission>): Ctx['actor'] => ({
  kind: 'scim',
  id,
  name,
  permissions: reach,
  delegated: new Map(),
  isPlatform: false,
  isSuperAdmin: false,
})

/** The same transaction, with what a source may do for whoever asks: they need not manage people themselves. */
export const asSource = (tx: Tx): Tx => {
  if (tx.ctx.accountId === platformAccount) throw new Error('the platform has no identity source')
  return { ...tx, ctx: { ...tx.ctx, actor: { ...tx.ctx.actor, permissions: reachOf(tx.ctx.actor) } } }
}
