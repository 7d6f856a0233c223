import type { Session } from '@cockpit/contract/identity'
import type { Clock, Tx } from '../../platform/index.ts'
import { deviceOf, placeOf } from './device.ts'
import { within } from './model.ts'
import { peopleRepository } from './people-repository.ts'
import { endOf, limitsOf, openAccounts, type RulesOf } from './rules.ts'
import { type SessionRow, sessionRepository } from './sessions-repository.ts'

export type OpenSession = { row: SessionRow; end: Date }

/** Sessions that are still good, and until when: each ends by the strictest of the platform and every account it reaches. */
export const createOpenSessions = ({ now, rulesOf }: { now: Clock; rulesOf: RulesOf }) => {
  const limitsFor = async (tx: Tx, userId: string) => {
    const memberships = await peopleRepository(tx).memberships(userId)
    const book = await rulesOf(tx, openAccounts(memberships))
    return (onlyAccount: string | null) => limitsOf(book(openAccounts(within(onlyAccount, memberships))).rules)
  }
  return {
    limitsFor,
    /** The last used first. */
    async of(tx: Tx, userId: string): Promise<OpenSession[]> {
      const rows = await sessionRepository(tx).of(userId, now())
      const limits = await limitsFor(tx, userId)
      return rows.map((row) => ({ row, end: endOf(row, limits(row.only_account)) })).filter(({ end }) => end > now())
    },
  }
}
export type OpenSessions = ReturnType<typeof createOpenSessions>

export const present = ({ row, end }: OpenSession, currentId: string | null): Session => ({
  id: row.id,
  createdAt: row.created_at.toISOString(),
  lastSeenAt: row.last_seen_at.toISOString(),
  expiresAt: end.toISOString(),
  ip: row.ip,
  place: placeOf(row.ip),
  userAgent: row.user_agent,
  device: deviceOf(row.user_agent),
  methods: row.methods,
  provider: row.provider,
  current: row.id === currentId,
})
