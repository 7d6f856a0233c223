import {
  type Clock,
  type Db,
  mintCredential,
  newId,
  type ProtocolRequest,
  sha256Hex,
  systemCtx,
} from '../../platform/index.ts'
import { tokenLifetimeMs, tokenPrefix } from './model.ts'
import type { RightsOf } from './port.ts'
import { clientLookup, clientRepository } from './repository.ts'

type Deps = { db: Db; now: Clock; rightsOf: RightsOf }
export type Origin = Pick<ProtocolRequest, 'requestId' | 'ip' | 'userAgent'>
export type Granted = { token: string; expiresInSeconds: number }

/** An access token for a client that proves itself; null when it does not. */
export const createGrant =
  ({ db, now, rightsOf }: Deps) =>
  async ({ requestId, ip, userAgent }: Origin, clientId: string, secret: string): Promise<Granted | null> => {
    const at = now()
    const known = await db.platform(systemCtx('token'), async (tx) => {
      const found = await clientLookup(tx, at).credential(clientId, sha256Hex(secret))
      if (found?.status !== 'active') return null
      const who = { kind: 'service_account', id: clientId, accountId: found.account_id, roles: [] } as const
      return { ...found, rights: await rightsOf(tx, who) }
    })
    if (!known) return null
    const { id, account_id: accountId, name, rights } = known
    const actor = {
      ...{ kind: 'service_account' as const, id: clientId, name, ...rights },
      ...{ isPlatform: false, isSuperAdmin: false },
    }
    const origin = { requestId, ip, userAgent, sessionId: null, authenticatedAt: null, impersonator: null }
    return db.tenant({ accountId, actor, ...origin }, async (tx) => {
      const clients = clientRepository(tx, at)
      const credential = await clients.hold(id) // from here on nobody revokes it
      if (credential?.status !== 'active') return null
      const { secret: token, hash } = mintCredential(tokenPrefix)
      const ends = [at.getTime() + tokenLifetimeMs, Date.parse(credential.expiresAt ?? '9999-01-01')]
      const expiresAt = new Date(Math.min(...ends))
      await clients.forgetOldTokens(id)
      await clients.insertToken({
        ...{ id: newId('ctk', at), credential_id: id, hash },
        ...{ expires_at: expiresAt, created_at: at },
      })
      await clients.used(id)
      await tx.emit('client_token.issued', {
        subject: { type: 'client_credential', id, name: credential.name },
        after: { serviceAccountId: clientId, expiresAt: expiresAt.toISOString() },
      })
      return { token, expiresInSeconds: Math.floor((expiresAt.getTime() - at.getTime()) / 1000) }
    })
  }
export type Grant = ReturnType<typeof createGrant>
