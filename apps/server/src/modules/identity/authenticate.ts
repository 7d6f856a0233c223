import {
  type Authenticate,
  type Authenticated,
  type Credentials,
  Problem,
  platformAccount,
  type Tx,
} from '../../platform/index.ts'
import { peopleRepository } from './people-repository.ts'

/** Knows one kind of bearer credential; null for those of other kinds. Opens its own transaction, if it needs one. */
export type BearerAuthenticator = (credentials: Credentials, bearer: string) => Promise<Authenticated | null>

/** Who sends a request. A bearer credential is asked of each that may know it, in order; otherwise the cookie decides. */
export const createAuthenticate =
  ({ bearers, session }: { bearers: readonly BearerAuthenticator[]; session: Authenticate }): Authenticate =>
  async (credentials) => {
    const bearer = bearerOf(credentials.headers.authorization)
    if (bearer === null) return session(credentials)
    for (const known of bearers) {
      const authenticated = await known(credentials, bearer)
      if (authenticated) return authenticated
    }
    return null
  }

export type Choice = Pick<Credentials, 'accountId' | 'scope' | 'asksWho'>

/**
 * Whoever holds a role of the platform acts in any account there is, and in the platform itself when they choose none.
 * What was meant for an account that is no more must not happen in the platform; who they are, they learn all the same.
 */
export const chosenAccount = async (tx: Tx, { accountId, scope, asksWho }: Choice): Promise<string> => {
  if (!accountId || accountId === platformAccount || scope === 'none' || scope === 'platform') return platformAccount
  const account = await peopleRepository(tx).account(accountId)
  if (account) return account.id
  if (asksWho) return platformAccount
  throw new Problem('account.not_found', 'There is no such account.')
}

const bearerOf = (header: string | string[] | undefined): string | null =>
  /^bearer +(\S+) *$/i.exec(String(header ?? ''))?.[1] ?? null
