import type { Tx } from '../../platform/index.ts'
import type { Deps } from './deps.ts'
import { type Cause, suspensionRepository } from './feed-repository.ts'

type Reason = { cause: Cause; type: string; words: string }

/**
 * Stops and restores memberships on the word of Zitadel. What stopped one is kept beside it: it is restored only when
 * every such cause is gone, and never when a person here had stopped it.
 */
export const createStanding = ({ members, now }: Pick<Deps, 'members' | 'now'>) => ({
  async stop(tx: Tx, accountId: string, userId: string, { cause, type, words }: Reason): Promise<boolean> {
    const member = await members.one(tx, accountId, userId)
    if (!member) return false
    const suspensions = suspensionRepository(tx)
    const causes = await suspensions.causes(accountId, userId)
    // whoever is stopped already, and not from there, stays the concern of who did it
    if (causes.includes(cause) || (member.status === 'suspended' && causes.length === 0)) return false
    await suspensions.insert(accountId, userId, cause, type, now())
    if (member.status === 'suspended') return false
    await members.follow(tx, accountId, userId, { status: 'suspended' })
    await tx.emit('user.updated', {
      subject: { type: 'user', id: userId, name: member.name },
      before: { status: 'active' },
      after: { status: 'suspended', by: 'zitadel', cause },
      accountId,
      reason: words,
    })
    return true
  },

  async restore(tx: Tx, accountId: string, userId: string, { cause, words }: Reason): Promise<boolean> {
    const suspensions = suspensionRepository(tx)
    const causes = await suspensions.causes(accountId, userId)
    if (!causes.includes(cause)) return false
    await suspensions.remove(accountId, userId, cause)
    const member = await members.one(tx, accountId, userId)
    if (causes.length > 1 || member?.status !== 'suspended') return false
    await members.follow(tx, accountId, userId, { status: 'active' })
    await tx.emit('user.updated', {
      subject: { type: 'user', id: userId, name: member.name },
      before: { status: 'suspended', by: 'zitadel', cause },
      after: { status: 'active' },
      accountId,
      reason: words,
    })
    return true
  },
})
export type Standing = ReturnType<typeof createStanding>
