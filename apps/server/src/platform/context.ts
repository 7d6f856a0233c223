import type { Permission } from '@cockpit/contract/permissions'

/** Who acts. `system` is Cockpit itself (jobs, start) and, without any permission, a caller nobody has identified. */
export type Actor = {
  readonly kind: 'user' | 'master_key' | 'key' | 'service_account' | 'scim' | 'system'
  readonly id: string
  readonly name: string
  /** What they may do everywhere in the account they act in. */
  readonly permissions: ReadonlySet<Permission>
  /** Holds a role of the platform, and may choose any account; what they may do there is still `permissions`. */
  readonly isPlatform: boolean
  readonly isSuperAdmin: boolean
}

/** What every piece of work knows about its origin. `accountId` is 'platform' for the installation itself. */
export type Ctx = {
  readonly accountId: string
  readonly actor: Actor
  readonly requestId: string
  readonly ip: string | null
  readonly userAgent: string | null
  readonly sessionId: string | null
  /** When the person last proved who they are; null for programs. */
  readonly authenticatedAt: Date | null
  /** The person who really acts, while they see the product as `actor`. */
  readonly impersonator: { readonly id: string; readonly name: string } | null
}

export const platformAccount = 'platform'

export const anonymous: Actor = {
  kind: 'system',
  id: 'anonymous',
  name: 'Anonymous',
  permissions: new Set(),
  isPlatform: false,
  isSuperAdmin: false,
}

/** The context of work that Cockpit starts by itself; `name` tells the audit log which part did it. */
export const systemCtx = (name: string, accountId: string = platformAccount): Ctx => ({
  accountId,
  actor: { kind: 'system', id: 'system', name, permissions: new Set(), isPlatform: true, isSuperAdmin: true },
  requestId: `system:${name}`,
  ip: null,
  userAgent: null,
  sessionId: null,
  authenticatedAt: null,
  impersonator: null,
})
