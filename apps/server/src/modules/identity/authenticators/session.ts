import {
  type Authenticate,
  type Clock,
  type Db,
  platformAccount,
  sha256Hex,
  systemCtx,
} from '../../../platform/index.ts'
import type { ActorOf } from '../actor.ts'
import { chosenAccount } from '../authenticate.ts'
import type { SessionCookie } from '../cookie.ts'
import { sessionSeenEveryMs, ssoRequired, standingOf, suspended, within } from '../model.ts'
import { peopleRepository } from '../people-repository.ts'
import type { RestrictionOf } from '../restrictions.ts'
import { endOf, limitsOf, openAccounts, type RulesOf } from '../rules.ts'
import { sessionRepository } from '../sessions-repository.ts'
import type { Mask } from './mask.ts'

type Deps = {
  db: Db
  now: Clock
  cookie: SessionCookie
  actorOf: ActorOf
  mask: Mask
  rulesOf: RulesOf
  restrictionOf: RestrictionOf
}

/** A session of the browser, by its cookie. */
export const createSessionAuthenticator =
  ({ db, now, cookie, actorOf, mask, rulesOf, restrictionOf }: Deps): Authenticate =>
  async (credentials) => {
    const token = cookie.read(credentials)
    if (!token) return null
    return db.platform(systemCtx('authenticate'), async (tx) => {
      const sessions = sessionRepository(tx)
      const current = await sessions.byTokenHash(sha256Hex(token), now())
      const session = current ?? (await sessions.byPreviousHash(sha256Hex(token), now()))
      const person = session && (await peopleRepository(tx).byId(session.user_id))
      if (!person) return null
      const memberships = await peopleRepository(tx).memberships(person.id)
      const counting = within(session.only_account, memberships)
      const reached = openAccounts(counting)
      const book = await rulesOf(tx, credentials.accountId ? [...reached, credentials.accountId] : reached)
      // a rule that became stricter holds for sessions that are open
      if (endOf(session, limitsOf(book(reached).rules)) <= now()) return null
      if (now().getTime() - session.last_seen_at.getTime() >= sessionSeenEveryMs) {
        await sessions.seen(session.id, now())
        await peopleRepository(tx).seen(person.id, now())
      }
      const standing = standingOf(counting, credentials.accountId)
      const insists = ssoRequired(memberships, counting)
      if (insists && credentials.scope !== 'none') throw insists
      // without access to any account a person may still sign out
      if (standing.suspended && credentials.scope !== 'none') throw suspended()
      const actor = await actorOf(tx, person, standing)
      const accountId = standing.platform
        ? await chosenAccount(tx, credentials)
        : (standing.home?.accountId ?? platformAccount)
      const restriction = await restrictionOf(tx, {
        ...{ person, actor, inForce: book([accountId]) },
        session: { methods: session.methods, local: session.idp_issuer === null },
      })
      return mask(tx, {
        actor,
        accountId,
        restriction,
        sessionId: session.id,
        // a secret that was replaced carries no proof of the moment it was replaced for
        authenticatedAt: current ? current.authenticated_at : null,
        impersonator: null,
        via: 'cookie',
        login: { provider: providerOf(session), scopes: [], productDomains: null },
      })
    })
  }

/** `zitadel` is the identity provider of the installation, `sso` that of an account. */
const providerOf = ({ idp_issuer, only_account }: { idp_issuer: string | null; only_account: string | null }) =>
  idp_issuer === null ? 'local' : only_account === null ? 'zitadel' : 'sso'
