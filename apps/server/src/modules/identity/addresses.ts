import { type Clock, Problem, platformAccount, type Tx } from '../../platform/index.ts'
import { addressRepository, type Standing } from './addresses-repository.ts'
import { peopleRepository } from './people-repository.ts'
import type { SecondFactors } from './port.ts'
import { sessionRepository } from './sessions-repository.ts'

type Deps = { now: Clock; forgetFactors: SecondFactors['forget'] }
type Kept = {
  sessionId?: string | null
  identity?: { issuer: string; subject: string } | null
  /** The password from now on; none when absent. */
  passwordHash?: string | null
}

/**
 * Whose an e-mail is. Any account may type in any address and choose a password for it, so whoever holds that password is
 * not yet whom another account means by the address. An address is proven by the identity provider of the installation,
 * by set-up, by a person of the platform (only a super admin where another account runs the domain), or by the account that
 * runs its domain. The link of an invitation proves nothing to anybody but the account it came from: whoever makes the link
 * sees it.
 */
export const createAddresses = ({ now, forgetFactors }: Deps) => {
  /** What must be true before an account that names this e-mail gets the person who has it. */
  const mayJoin = (standing: Standing) => standing.isProven || !standing.isOfOthers

  return {
    mayJoin,
    standing: (tx: Tx, email: string, accountId: string) => addressRepository(tx).standing(email, accountId),
    accountOfDomain: (tx: Tx, email: string) => addressRepository(tx).accountOfDomain(email),
    verified: (tx: Tx, userId: string) => addressRepository(tx).verified(userId, now()),

    /** An account makes nobody in a domain that another account has proven to run. */
    async refuseForeign(tx: Tx, email: string, accountId: string) {
      const owner = await addressRepository(tx).accountOfDomain(email)
      if (owner !== null && owner !== accountId && !tx.ctx.actor.isPlatform)
        throw new Problem(
          'user.unproven_email',
          'Another account has proven the domain of this e-mail, and there its people are made. Once they are there, add them here.',
        )
    },

    /**
     * The account that runs the domain says whose the address is. Whoever has it unproven goes on without it where they
     * are: nobody gets at what was theirs, and they get nowhere with the address.
     */
    async release(tx: Tx, { id, name }: Standing) {
      for (const accountId of await addressRepository(tx).accountsOf(id))
        await tx.emit('user.updated', {
          subject: { type: 'user', id, name },
          after: { email: releasedAddress(id) },
          accountId,
          reason: 'Whoever runs the domain of their e-mail gave the address to somebody else.',
        })
      await peopleRepository(tx).setEmail(id, releasedAddress(id))
    },

    /** Ends the ways in that somebody else may have made or know: password, factors, sessions, outside identities. */
    async closeWaysIn(tx: Tx, { id, name }: Pick<Standing, 'id' | 'name'>, keep: Kept, reason: string) {
      const { sessionId = null, passwordHash = null } = keep
      const identity =
        keep.identity ?? (sessionId && (await addressRepository(tx).identityOfSession(sessionId))) ?? null
      await sessionRepository(tx).endAll(id, now(), { exceptId: sessionId, onlyAccount: null })
      await peopleRepository(tx).setPasswordHash(id, passwordHash, now())
      await forgetFactors(tx, id)
      await addressRepository(tx).unlinkIdentities(id, identity || null)
      const [accountId = platformAccount] = await addressRepository(tx).accountsOf(id)
      await tx.emit('user.ways_in_closed', { subject: { type: 'user', id, name }, accountId, reason })
    },
  }
}
export type Addresses = ReturnType<typeof createAddresses>

export const unproven = () =>
  new Problem(
    'user.unproven_email',
    'Somebody with this e-mail belongs to another account, and nothing shows yet that the address is theirs. Send them an invitation instead.',
  )

const releasedAddress = (userId: string) => `${userId.replaceAll('_', '-')}@released.invalid`
