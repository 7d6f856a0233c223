import { Problem } from '../../platform/index.ts'
import type { TokenPeople } from './authenticators/identity-token.ts'
import type { Outsiders, VerifiedToken } from './port.ts'

/** The person a token is about, as a gateway looks for them in its snapshot. One object for each token. */
export type TokenUser = {
  userId: string
  accountId: string | null
  isRestricted: boolean
  client: string | null
  issuedAt: number
}

/** Persons of tokens for the gateway: those it has met are there at once, the others are found or made first. */
export const createTokenUsers = ({ outsiders, people }: { outsiders: Outsiders; people: TokenPeople }) => {
  const met = new WeakMap<VerifiedToken, TokenUser>()
  return {
    mayBe: outsiders.mayBe,
    known(bearer: string, digest: string): TokenUser | undefined {
      const token = outsiders.known(bearer, digest)
      return token && met.get(token)
    },
    async verify(bearer: string): Promise<TokenUser | 'issuer_away' | null> {
      const token = await outsiders.verify(bearer, 'gateway').catch(unlessAway)
      if (token === 'issuer_away') return token
      const who = token && (await people(token, bearer, 'gateway'))
      if (!token || !who) return null
      const { userId, accountId, restrictedTo } = who
      const { client, issuedAtMs } = token
      const user = { userId, accountId, isRestricted: restrictedTo !== null, client, issuedAt: issuedAtMs }
      met.set(token, user)
      return user
    },
  }
}

const unlessAway = (error: unknown) => {
  if (error instanceof Problem && error.code === 'auth.issuer_unavailable') return 'issuer_away' as const
  throw error
}
