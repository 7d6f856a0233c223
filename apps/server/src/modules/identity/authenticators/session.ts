import { type Authenticate, type Clock, type Db, sha256Hex, systemCtx, type Tx } from '../../../platform/index.ts'
import type { SessionCookie } from '../cookie.ts'
import { sessionSeenEveryMs, within } from '../model.ts'
import { peopleRepository } from '../people-repository.ts'
import type { PersonCaller } from '../person-caller.ts'
import { endOf, limitsOf, openAccounts, type RulesOf } from '../rules.ts'
import { sessionRepository } from '../sessions-repository.ts'
import type { WithMask } from './mask.ts'

type Deps = {
  db: Db
  now: Clock
  cookie: SessionCookie
  personCaller: PersonCaller
  mask: WithMask
  rulesOf: RulesOf
}

/** A session of the browser, by its cookie. */
export const createSessionAuthenticator =
  ({ db, now, cookie, personCaller, mask, rulesOf }: Deps): Authenticate =>
  async (credentials) => {
    const token = cookie.read(credentials)
    if (!token) return null
    return db.platform(systemCtx('authenticate'), async (tx) => {
      const found = await sessionOf(tx, token, now())
      if (!found) return null
      const { session, person, isCurrent } = found
      const memberships = await peopleRepository(tx).memberships(person.id)
      const counting = within(session.only_account, memberships)
      const reached = openAccounts(counting)
      const book = await rulesOf(tx, credentials.accountId ? [...reached, credentials.accountId] : reached)
      // a rule that became stricter holds for sessions that are open
      if (endOf(session, limitsOf(book(reached).rules)) <= now()) return null
      if (!credentials.isUnattended) await noteSeen(tx, session, now())
      const { methods, only_account: onlyAccount } = session
      const came = { methods, local: session.idp_issuer === null, onlyAccount }
      const caller = await personCaller(tx, { person, memberships, came, book }, credentials)
      if (!caller) return null
      return mask(tx, {
        ...caller,
        sessionId: session.id,
        // a secret that was replaced carries no proof of the moment it was replaced for
        authenticatedAt: isCurrent ? session.authenticated_at : null,
        impersonator: null,
        via: 'cookie',
        login: { provider: providerOf(session), scopes: [], productDomains: null },
      })
    })
  }

/** The session of a secret, or of the one it replaced a moment ago, and whose it is. */
const sessionOf = async (tx: Tx, token: string, at: Date) => {
  const sessions = sessionRepository(tx)
  const current = await sessions.byTokenHash(sha256Hex(token), at)
  const session = current ?? (await sessions.byPreviousHash(sha256Hex(token), at))
  const person = session && (await peopleRepository(tx).byId(session.user_id))
  return person ? { session, person, isCurrent: current !== null } : null
}

/** Now and then: a write for each request would be too many. */
const noteSeen = async (tx: Tx, session: { id: string; user_id: string; last_seen_at: Date }, at: Date) => {
  if (at.getTime() - session.last_seen_at.getTime() < sessionSeenEveryMs) return
  await sessionRepository(tx).seen(session.id, at)
  await peopleRepository(tx).seen(session.user_id, at)
}

/** `zitadel` is the identity provider of the installation, `sso` that of an account. */
const providerOf = ({ idp_issuer, only_account }: { idp_issuer: string | null; only_account: string | null }) =>
  idp_issuer === null ? 'local' : only_account === null ? 'zitadel' : 'sso'
