import type { Restriction } from '@cockpit/contract/kit'
import type { Permission } from '@cockpit/contract/permissions'
import type { AuthProvider } from '@cockpit/contract/tokens'
import type { WriteGuard } from './write-guard.ts'

/** The part of an account a permission reaches: these orgs, and these teams (those of the orgs are among them). */
export type Reach = { readonly orgIds: readonly string[]; readonly teamIds: readonly string[] }

/** Who acts. `system` is Cockpit itself (jobs, start) and, without any permission, a caller nobody has identified. */
export type Actor = {
  readonly kind: 'user' | 'master_key' | 'break_glass' | 'key' | 'service_account' | 'scim' | 'system'
  readonly id: string
  readonly name: string
  /** What they may do everywhere in the account they act in. */
  readonly permissions: ReadonlySet<Permission>
  /** What they may do in parts of that account only, and in which. Counts on routes that say `delegable`. */
  readonly delegated: ReadonlyMap<Permission, Reach>
  /** Of `permissions`: what ends by itself, and when. */
  readonly until?: ReadonlyMap<Permission, Date>
  /** Whose rules this was read from, and the event of that chain which had last changed them. */
  readonly policy?: { readonly accountId: string; readonly seq: number }
  /** Holds a role of the platform, and may choose any account; what they may do there is still `permissions`. */
  readonly isPlatform: boolean
  readonly isSuperAdmin: boolean
}

/** What somebody has for good. Who has something for a time gives nobody, nor themselves, what outlasts it. */
export const lasting = ({ permissions, until }: Pick<Actor, 'permissions' | 'until'>): ReadonlySet<Permission> =>
  until ? new Set([...permissions].filter((permission) => !until.has(permission))) : permissions

/** What every piece of work knows about its origin. `accountId` is 'platform' for the installation itself. */
export type Ctx = {
  readonly accountId: string
  readonly actor: Actor
  readonly requestId: string
  readonly ip: string | null
  readonly userAgent: string | null
  readonly sessionId: string | null
  /** When the person last proved who they are; null for programs, and for tokens that do not tell. */
  readonly authenticatedAt: Date | null
  /** The person who really acts, while they see the product as `actor`. */
  readonly impersonator: {
    readonly id: string
    readonly name: string
    readonly writes: boolean
    readonly isPlatform?: boolean
  } | null
  /** How the caller came in, where that is more than a key. */
  readonly login?: Login
  /** Set in a break-glass session; its reason stands beside everything that is done. */
  readonly breakGlass?: BreakGlass
  /** What the person must do before their session reaches anything else. */
  readonly restriction?: Restriction | null
  /** A token of a person, where dangerous acts ask it for a fresh sign-in. */
  readonly tokenProof?: TokenProof
  /** Promises of the write this work belongs to. */
  readonly guard?: WriteGuard
}

/** Whether the sign-in behind a token must have had a second factor, and had one. */
export type TokenProof = { readonly owesSecondFactor: boolean; readonly hasSecondFactor: boolean }

export type BreakGlass = { readonly reason: string; readonly endsAt: Date }

export type Login = {
  readonly provider: AuthProvider
  readonly scopes: readonly string[]
  /** Product domains that whoever vouches for the caller restricts them to; null: it says nothing of it. */
  readonly productDomains: readonly string[] | null
}

export const platformAccount = 'platform'

export const anonymous: Actor = {
  kind: 'system',
  id: 'anonymous',
  name: 'Anonymous',
  permissions: new Set(),
  delegated: new Map(),
  isPlatform: false,
  isSuperAdmin: false,
}

const nowhere: Reach = { orgIds: [], teamIds: [] }

/** Where the caller may use a permission. Whatever lies outside answers like something that does not exist. */
export const reachOf = ({ actor }: Pick<Ctx, 'actor'>, permission: Permission): 'all' | Reach =>
  actor.permissions.has(permission) ? 'all' : (actor.delegated.get(permission) ?? nowhere)

/** The context of work that Cockpit starts by itself; `name` tells the audit log which part did it. */
export const systemCtx = (name: string, accountId: string = platformAccount): Ctx => ({
  accountId,
  actor: {
    kind: 'system',
    id: 'system',
    name,
    permissions: new Set(),
    delegated: new Map(),
    isPlatform: true,
    isSuperAdmin: true,
  },
  requestId: `system:${name}`,
  ip: null,
  userAgent: null,
  sessionId: null,
  authenticatedAt: null,
  impersonator: null,
})
