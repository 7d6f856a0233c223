import { type Db, safeEqual, sha256Hex, systemCtx } from '../../../platform/index.ts'
import { type BearerAuthenticator, chosenAccount } from '../authenticate.ts'
import type { RightsOf } from '../port.ts'

/** The key of the installation, for automation: a super admin without a name. */
export const createMasterKey = ({
  db,
  masterKey,
  rightsOf,
}: {
  db: Db
  masterKey: string | undefined
  rightsOf: RightsOf
}): BearerAuthenticator => {
  const expected = masterKey ? sha256Hex(masterKey) : null
  const who = { kind: 'master_key', id: 'master_key' } as const
  return async (credentials, bearer) => {
    if (!expected || !safeEqual(sha256Hex(bearer), expected)) return null
    return db.platform(systemCtx('authenticate'), async (tx) => {
      const rights = await rightsOf(tx, { ...who, accountId: 'platform', roles: ['super_admin'] })
      return {
        actor: { ...who, name: 'Master key', ...rights, isPlatform: true, isSuperAdmin: true },
        accountId: await chosenAccount(tx, credentials),
        sessionId: null,
        authenticatedAt: null,
        impersonator: null,
        via: 'bearer',
      }
    })
  }
}
