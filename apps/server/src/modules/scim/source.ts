import { rolePermissions } from '@cockpit/contract/permissions'
import { type Ctx, platformAccount, type Tx } from '../../platform/index.ts'

/**
 * The identity source as whom its requests act. It manages people as an owner would: what roles its groups may give was
 * decided by whoever wrote the rules, and an account never loses its last admin.
 */
export const sourceActor = (id: string, name: string): Ctx['actor'] => ({
  kind: 'scim',
  id,
  name,
  permissions: rolePermissions.owner,
  delegated: new Map(),
  isPlatform: false,
  isSuperAdmin: false,
})

/** The same transaction, with what a source may do: for rules that were checked against whoever wrote them. */
export const asSource = (tx: Tx): Tx => {
  if (tx.ctx.accountId === platformAccount) throw new Error('the platform has no identity source')
  return { ...tx, ctx: { ...tx.ctx, actor: { ...tx.ctx.actor, permissions: rolePermissions.owner } } }
}
