import type { MemberSource } from '@cockpit/contract/directory'
import type { AccountRole, RateLimits } from '@cockpit/contract/kit'
import type { Ctx, Tx } from '../../platform/index.ts'

type Membership = { role: string; status: string; limits: RateLimits }

/** What the directory asks of identity, in its own platform transaction. Last administrators are guarded there. */
export type People = {
  /** Refuses a password that breaks the rules of the accounts it opens. */
  hashPassword(
    ctx: Ctx,
    input: { password: string; accountIds: readonly string[]; texts: readonly string[] },
  ): Promise<string>
  ensureUser(
    tx: Tx,
    input: { accountId: string; email: string; name: string; passwordHash?: string | null },
  ): Promise<{ id: string; name: string; created: boolean }>
  addMembership(
    tx: Tx,
    input: {
      accountId: string
      userId: string
      role: AccountRole
      limits?: RateLimits | undefined
      source?: MemberSource
    },
  ): Promise<unknown>
  setMembership(
    tx: Tx,
    accountId: string,
    userId: string,
    patch: {
      role?: AccountRole | undefined
      status?: 'active' | 'suspended' | undefined
      limits?: RateLimits | undefined
    },
  ): Promise<{ before: Membership; after: Membership }>
  adoptMembership(tx: Tx, accountId: string, userId: string, source: MemberSource): Promise<unknown>
  removeMembership(tx: Tx, accountId: string, userId: string): Promise<unknown>
  rename(tx: Tx, accountId: string, userId: string, name: string): Promise<unknown>
}

/** Ends the keys of somebody who leaves, in the same transaction. */
export type RevokeKeysOf = (tx: Tx, owner: { userId: string } | { serviceAccountId: string }) => Promise<unknown>

/** What only somebody who leaves could see goes with them, in the same transaction; how many runs of the testing lab. */
export type ForgetRunsOf = (tx: Tx, userId: string) => Promise<number>

/** Somebody was taken into the account in another way than by an invitation: what is open for them is closed. */
export type CloseInvitesOf = (tx: Tx, person: { id: string; email: string }) => Promise<void>

/** Whether credits are allocated to a scope; such a scope is not deleted under them. */
export type HasAllocation = (tx: Tx, scope: { type: 'org' | 'team'; id: string }) => Promise<boolean>

/** Signs somebody out everywhere, in the same transaction. */
export type EndSessionsOf = (tx: Tx, userId: string, options: { reason: string }) => Promise<unknown>

/** What the directory asks of identity: who of the account is locked out after too many failed sign-ins. */
export type LockedIn = (ctx: Ctx) => Promise<readonly string[]>

/** What the directory asks of the access room: refuses what is done with a service account that may do more than the caller. */
export type RefuseHigherProgram = (tx: Tx, id: string, what: { act: string; becomesIt?: boolean }) => Promise<void>
