import { type Clock, platformAccount, type Tx } from '../../platform/index.ts'
import { standingOf, within } from './model.ts'
import { peopleRepository } from './people-repository.ts'
import { type SessionRow, sessionRepository } from './sessions-repository.ts'

/** A login at an identity provider, as its back-channel names it: by session, by person, or by both. */
export type IdpLogin = { issuer: string; subject: string | null; sid: string | null }

/** Ends the sessions that stand on a login at a provider, in the transaction of whoever heard that it ended there. */
export const createEndOfLogin =
  ({ now }: { now: Clock }) =>
  async (tx: Tx, login: IdpLogin, reason: string): Promise<number> => {
    const ended = await sessionRepository(tx).endOfLogin(login, now())
    await tell(tx, ended, reason)
    return ended.length
  }

/** Ends the sessions that the own provider of an account vouches for, in the transaction in which it ceases to. */
export const createEndOfProvider =
  ({ now }: { now: Clock }) =>
  async (tx: Tx, accountId: string, reason: string): Promise<void> =>
    tell(tx, await sessionRepository(tx).endOfProvider(accountId, now()), reason)

type Ended = Pick<SessionRow, 'id' | 'user_id' | 'only_account'>

const tell = async (tx: Tx, ended: readonly Ended[], reason: string) => {
  const people = peopleRepository(tx)
  for (const session of ended) {
    const person = await people.byId(session.user_id)
    const { home } = standingOf(within(session.only_account, await people.memberships(session.user_id)))
    await tx.emit('session.ended', {
      subject: { type: 'session', id: session.id, name: person?.name ?? session.user_id },
      accountId: home?.accountId ?? session.only_account ?? platformAccount,
      reason,
    })
  }
}
