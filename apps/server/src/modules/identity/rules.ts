import type { SecurityRules } from '@cockpit/contract/security'
import type { Tx } from '../../platform/index.ts'
import type { Membership } from './model.ts'

/** What identity asks of the security room: the rules that hold where some of these accounts meet. */
export type RulesOf = (
  tx: Tx,
  accountIds: readonly string[],
) => Promise<
  (accountIds: readonly string[]) => {
    rules: SecurityRules
    /** Who asks for a second factor, and since when. */
    demands: readonly { mode: SecurityRules['secondFactor']; since: Date }[]
  }
>

/** Whether one of these accounts lets its people in from an address. */
export type LetsIn = (tx: Tx, accountIds: readonly string[], ip: string | null) => Promise<boolean>

const minuteMs = 60_000

/** How long a session lives without use, and at all. */
export type SessionLimits = { idleMs: number; absoluteMs: number }
export const limitsOf = ({ sessionIdleMinutes, sessionAbsoluteMinutes }: SecurityRules): SessionLimits => ({
  idleMs: sessionIdleMinutes * minuteMs,
  absoluteMs: sessionAbsoluteMinutes * minuteMs,
})

type Times = { created_at: Date; last_seen_at: Date; expires_at: Date }
export const endOf = (session: Times, { idleMs, absoluteMs }: SessionLimits): Date =>
  new Date(
    Math.min(
      session.expires_at.getTime(),
      session.created_at.getTime() + absoluteMs,
      session.last_seen_at.getTime() + idleMs,
    ),
  )

/** Accounts in which somebody acts, by their memberships. */
export const openAccounts = (memberships: readonly Membership[]): string[] =>
  memberships.filter((m) => m.status === 'active' && m.accountStatus === 'active').map(({ accountId }) => accountId)
