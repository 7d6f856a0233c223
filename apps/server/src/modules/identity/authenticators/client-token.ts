import { type Db, Problem, sha256Hex, systemCtx } from '../../../platform/index.ts'
import type { BearerAuthenticator } from '../authenticate.ts'
import { peopleRepository } from '../people-repository.ts'
import type { ClientTokens, RightsOf } from '../port.ts'

/**
 * An access token that a service account got for its client credentials. It may what its roles allow at the moment of
 * the request, in its own account only.
 */
export const createClientToken =
  ({ db, tokens, rightsOf }: { db: Db; tokens: ClientTokens; rightsOf: RightsOf }): BearerAuthenticator =>
  async (_credentials, bearer) => {
    if (!tokens.mayBe(bearer)) return null
    return db.platform(systemCtx('authenticate'), async (tx) => {
      const found = await tokens.find(tx, sha256Hex(bearer))
      const account = found && (await peopleRepository(tx).account(found.accountId))
      if (!account) return null
      if (account.status !== 'active')
        throw new Problem('account.suspended', 'The account of this service account is suspended.')
      const who = { kind: 'service_account', id: found.id } as const
      const rights = await rightsOf(tx, { ...who, accountId: found.accountId, roles: [] })
      return {
        actor: { ...who, name: found.name, ...rights, isPlatform: false, isSuperAdmin: false },
        accountId: found.accountId,
        sessionId: null,
        authenticatedAt: null,
        impersonator: null,
        via: 'bearer',
      }
    })
  }
