import { type Authenticate, type Db, systemCtx } from '../../../platform/index.ts'
import { chosenAccount } from '../authenticate.ts'
import { type BreakGlass, breakGlassTokenPrefix } from '../break-glass/service.ts'
import type { SessionCookie } from '../cookie.ts'

type Deps = { db: Db; cookie: SessionCookie; breakGlass: BreakGlass; otherwise: Authenticate }

/** A session behind broken glass, by its cookie; any other cookie is asked of the sessions of people. */
export const createBreakGlassAuthenticator =
  ({ db, cookie, breakGlass, otherwise }: Deps): Authenticate =>
  async (credentials) => {
    const token = cookie.read(credentials)
    if (!token?.startsWith(breakGlassTokenPrefix)) return otherwise(credentials)
    return db.platform(systemCtx('authenticate'), async (tx) => {
      const found = await breakGlass.byToken(tx, token)
      if (!found) return null
      const { row, isCurrent } = found
      return {
        actor: await breakGlass.actorOf(tx, row.id),
        accountId: await chosenAccount(tx, credentials),
        sessionId: row.id,
        authenticatedAt: isCurrent ? row.authenticated_at : null,
        impersonator: null,
        via: 'cookie',
        login: { provider: 'break_glass', scopes: [], productDomains: null },
        breakGlass: { reason: row.reason, endsAt: row.expires_at },
      }
    })
  }
