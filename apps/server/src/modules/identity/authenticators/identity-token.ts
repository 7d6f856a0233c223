import type { RoleName } from '@cockpit/contract/kit'
import {
  type Actor,
  type Authenticated,
  type Clock,
  type Credentials,
  type Db,
  platformAccount,
  systemCtx,
  type Tx,
} from '../../../platform/index.ts'
import type { ActorOf } from '../actor.ts'
import { type BearerAuthenticator, chosenAccount } from '../authenticate.ts'
import { type Membership, standingOf, suspended, within } from '../model.ts'
import { type Person, peopleRepository } from '../people-repository.ts'
import type { Outsiders, VerifiedToken } from '../port.ts'
import type { IdentityResolution } from '../resolution/service.ts'
import { owesSecondFactor } from '../restrictions.ts'
import { openAccounts, type RulesOf } from '../rules.ts'

type Deps = {
  db: Db
  now: Clock
  outsiders: Outsiders
  resolution: IdentityResolution
  actorOf: ActorOf
  rulesOf: RulesOf
}

/** Who a token turned out to be, for as long as the token is remembered. */
export type TokenPerson = {
  userId: string
  /** The account it acts in when nobody asks for another. */
  accountId: string | null
  restrictedTo: string | null
  claimed: ReadonlyMap<string, RoleName | null>
}

/** The person a genuine token is about, found or made at its first sight; null when it opens nothing here. */
export const createTokenPeople = ({ db, outsiders, resolution }: Pick<Deps, 'db' | 'outsiders' | 'resolution'>) => {
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
export const createIdentityToken = ({
  db,
  now,
  outsiders,
  actorOf,
  rulesOf,
  people,
}: Omit<Deps, 'resolution'> & { people: TokenPeople }): BearerAuthenticator => {
  /** What dangerous acts ask of a token, where one of the accounts of its person says that they ask. */
  const proofOf = async (
    tx: Tx,
    { token, person, actor, accountIds }: { token: VerifiedToken; person: Person; actor: Actor; accountIds: string[] },
  ): Promise<Authenticated['tokenProof']> => {
    const inForce = (await rulesOf(tx, accountIds))(accountIds)
    if (!inForce.rules.freshTokens) return undefined
    const { hasSecondFactor } = token.signIn
    return { owesSecondFactor: owesSecondFactor({ person, actor, inForce }, now()), hasSecondFactor }
  }

  const enter = async (
    tx: Tx,
    credentials: Credentials,
    { token, who, person }: { token: VerifiedToken; who: TokenPerson; person: Person },
  ): Promise<Authenticated> => {
    const held = await peopleRepository(tx).memberships(person.id)
    const memberships = worth(held, who)
    const chosen = memberships.some((m) => isOpen(m) && m.accountId === credentials.accountId)
    const standing = standingOf(memberships, chosen ? credentials.accountId : who.accountId)
    if (standing.suspended && credentials.scope !== 'none') throw suspended()
    const actor = await actorOf(tx, person, standing)
    const accountId = standing.platform
      ? await chosenAccount(tx, credentials)
      : (standing.home?.accountId ?? platformAccount)
    // what is one's own counts in every account, so another is not chosen to be asked less
    const accountIds = [...new Set([...openAccounts(held), accountId])]
    const tokenProof = await proofOf(tx, { token, person, actor, accountIds })
    const { authenticatedAtMs } = token.signIn
    return {
      actor,
      accountId,
      sessionId: null,
      authenticatedAt: authenticatedAtMs === null ? null : new Date(authenticatedAtMs),
      ...(tokenProof && { tokenProof }),
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

const isOpen = ({ status, accountStatus }: Membership) => status === 'active' && accountStatus === 'active'

/** Memberships as this token may use them: a role that follows the claims is no more than these claims give. */
const worth = (memberships: readonly Membership[], { restrictedTo, claimed }: TokenPerson): Membership[] =>
  within(restrictedTo, memberships).flatMap((membership) => {
    const role = claimed.get(membership.accountId)
    if (role === null) return []
    return role === undefined ? [membership] : [{ ...membership, role }]
  })
