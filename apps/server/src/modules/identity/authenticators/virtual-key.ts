import { keyPermissions } from '@cockpit/contract/permissions'
import { type Actor, type Db, Problem, sha256Hex, systemCtx } from '../../../platform/index.ts'
import type { BearerAuthenticator } from '../authenticate.ts'
import { peopleRepository } from '../people-repository.ts'
import type { FindKey } from '../port.ts'

/** A virtual key of the gateway, which may ask about itself. */
export const createVirtualKey =
  ({ db, findKey }: { db: Db; findKey: FindKey }): BearerAuthenticator =>
  (_credentials, bearer) =>
    db.platform(systemCtx('authenticate'), async (tx) => {
      const key = await findKey(tx, sha256Hex(bearer))
      const account = key && (await peopleRepository(tx).account(key.accountId))
      if (!account) return null
      if (account.status !== 'active') throw new Problem('account.suspended', 'The account of this key is suspended.')
      const { id, name, accountId } = key
      const actor: Actor = {
        kind: 'key',
        id,
        name,
        permissions: keyPermissions,
        delegated: new Map(),
        isPlatform: false,
        isSuperAdmin: false,
      }
      return { actor, accountId, sessionId: null, authenticatedAt: null, impersonator: null, via: 'bearer' }
    })
