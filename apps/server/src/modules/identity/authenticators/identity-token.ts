import type { RoleName } from '@cockpit/contract/kit'
import { type Authenticated, type Credentials, type Db, systemCtx, type Tx } from '../../../platform/index.ts'
import type { BearerAuthenticator } from '../authenticate.ts'
import { type Membership, within } from '../model.ts'
import { type Person, peopleRepository } from '../people-repository.ts'
import type { Outsiders, VerifiedToken } from '../port.ts'
import type { IdentityResolution } from '../resolution/service.ts'
import type { TokenCaller } from '../token-caller.ts'

type Deps = { db: Db; outsiders: Outsiders; tokenCaller: TokenCaller; people: TokenPeople }

/** Who a token turned out to be, for as long as the token is remembered. */
export type TokenPerson = {
  userId: string
  /** The account it acts in when nobody asks for another. */
  accountId: string | null
  restrictedTo: string | null
  claimed: ReadonlyMap<string, RoleName | null>
}

/** The person a genuine token is about, found or made at its first sight; null when it opens nothing here. */
export const createTokenPeople = ({
  db,
  outsiders,
  resolution,
}: {
  db: Db
  outsiders: Outsiders
  resolution: IdentityResolution
}) => {
  const known = new WeakMap<VerifiedToken, TokenPerson>()
  const arrive = async (
    token: VerifiedToken,
    bearer: string,
    place: 'api' | 'gateway',
  ): Promise<TokenPerson | null> => {
    const claims = await outsiders.withProfile(bearer, token)
    const found = await db.platform(systemCtx('token'), (tx) =>
      resolution.signInWith(tx, claims, {
        issuerAccount: token.issuerAccount,
        by: 'token',
        issuedAt: new Date(token.issuedAtMs),
      }),
    )
    if (found.kind === 'refused') {
      outsiders.noteUnusable(place, token, found.reason, found.detail)
      return null
    }
    const { person, accountId, restrictedTo, claimed } = found
    return { userId: person.id, accountId, restrictedTo, claimed }
  }
  return async (token: VerifiedToken, bearer: string, place: 'api' | 'gateway'): Promise<TokenPerson | null> => {
    const before = known.get(token)
    if (before) return before
    const person = await arrive(token, bearer, place)
    if (person) known.set(token, person)
    return person
  }
}
export type TokenPeople = ReturnType<typeof createTokenPeople>

/** A token of an identity provider, which acts as its person in one of their accounts. */
export const createIdentityToken = ({ db, outsiders, tokenCaller, people }: Deps): BearerAuthenticator => {
  const enter = async (
    tx: Tx,
    credentials: Credentials,
    { token, who, person }: { token: VerifiedToken; who: TokenPerson; person: Person },
  ): Promise<Authenticated | null> => {
    const held = await peopleRepository(tx).memberships(person.id)
    const { accountId: usualAccount, restrictedTo: onlyAccount } = who
    const bearing = { person, held, memberships: worth(held, who), usualAccount, onlyAccount, signIn: token.signIn }
    const caller = await tokenCaller(tx, bearing, credentials)
    if (caller === null) {
      const detail = 'They may by now do more than the writer of the settings of their provider.'
      outsiders.noteUnusable('api', token, 'not_vouched', detail)
      return null
    }
    return {
      ...caller,
      sessionId: null,
      impersonator: null,
      via: 'bearer',
      login: {
        provider: token.issuerAccount === null ? 'zitadel' : 'sso',
        scopes: token.scopes,
        productDomains: token.productDomains,
      },
    }
  }

  return async (credentials, bearer) => {
    const token = await outsiders.verify(bearer, 'api')
    const who = token && (await people(token, bearer, 'api'))
    if (!token || !who) return null
    return db.platform(systemCtx('authenticate'), async (tx) => {
      const person = await peopleRepository(tx).byId(who.userId)
      if (!person) return null
      if (person.tokensValidFrom && token.issuedAtMs < person.tokensValidFrom.getTime()) {
        outsiders.noteUnusable('api', token, 'revoked', 'It was issued before the tokens of this person were ended.')
        return null
      }
      return enter(tx, credentials, { token, who, person })
    })
  }
}

/** Memberships as this token may use them: a role that follows the claims is no more than these claims give. */
const worth = (memberships: readonly Membership[], { restrictedTo, claimed }: TokenPerson): Membership[] =>
  within(restrictedTo, memberships).flatMap((membership) => {
    const role = claimed.get(membership.accountId)
    if (role === null) return []
    return role === undefined ? [membership] : [{ ...membership, role }]
  })
