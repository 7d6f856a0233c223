import { Problem, platformAccount, type Tx } from '../../platform/index.ts'
import { peopleRepository } from './people-repository.ts'
import { platformPeopleRepository } from './platform-people-repository.ts'
import type { KeepAdmin } from './port.ts'
import { openAccounts } from './rules.ts'

type Deps = {
  keepAdmin: KeepAdmin
  /** The installation has an identity provider, by which anybody might come in. */
  installationLetsIn: boolean
}

/** What keeps the platform and its accounts from having nobody who could come in and put them in order. */
export const createKeepWayIn = ({ keepAdmin, installationLetsIn }: Deps) => {
  /** 0: no super admin; 1: none who could come in; 2: one who can. */
  const standing = async (tx: Tx): Promise<0 | 1 | 2> => {
    const all = await platformPeopleRepository(tx).holdSuperAdmins()
    if (all.length === 0) return 0
    return installationLetsIn || all.some((one) => one.hasOwnSignIn) ? 2 : 1
  }

  /** Does what could take the last super admin. Of two who leave at once, the second sees that the first has left. */
  const keepSuperAdmin = async <T>(tx: Tx, work: () => Promise<T>): Promise<T> => {
    const before = await standing(tx)
    const done = await work()
    if ((await standing(tx)) >= before) return done
    throw new Problem(
      'platform_person.last',
      'The platform keeps at least one super admin who can sign in; name another one first, who has a password or a passkey.',
    )
  }

  return {
    keepSuperAdmin,

    /**
     * Does what takes a way in from somebody. Where they are the last who could put an account in order, or the platform,
     * and had no other way in, nothing of it stays; `otherwise` says what to do first.
     */
    async keepWayIn<T>(tx: Tx, userId: string, otherwise: string, work: () => Promise<T>): Promise<T> {
      const memberships = await peopleRepository(tx).memberships(userId)
      const refusal = () =>
        new Problem(
          'user.last_admin',
          `This is the only way in of the last administrator of an account. ${otherwise}, or name another administrator first.`,
        )
      // in one order, so that two who do so at once do not wait for each other
      const accounts = openAccounts(memberships).toSorted()
      const kept = accounts.reduce<() => Promise<T>>(
        (inner, accountId) =>
          accountId === platformAccount
            ? () => keepSuperAdmin(tx, inner)
            : () => keepAdmin(tx, accountId, inner, refusal),
        work,
      )
      return kept()
    },
  }
}
export type KeepWayIn = ReturnType<typeof createKeepWayIn>
