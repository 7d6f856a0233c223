import type { Permission } from '@cockpit/contract/permissions'
import {
  type Actor,
  type Authenticate,
  type Authenticated,
  type Clock,
  type Credentials,
  type Db,
  Problem,
  platformAccount,
  safeEqual,
  sha256Hex,
  systemCtx,
  type Tx,
} from '../../platform/index.ts'
import type { SessionCookie } from './cookie.ts'
import { actorOf, sessionSeenEveryMs, standingOf, suspended } from './model.ts'
import { peopleRepository } from './people-repository.ts'
import type { FindKey, PermissionsFor } from './port.ts'
import { sessionRepository } from './sessions-repository.ts'

export type AuthenticateDeps = {
  db: Db
  now: Clock
  cookie: SessionCookie
  masterKey: string | undefined
  findKey: FindKey
  permissionsFor: PermissionsFor
}
type Choice = Pick<Credentials, 'accountId' | 'scope'>

// a key calls models; here it may only ask what concerns itself
const keyPermissions: ReadonlySet<Permission> = new Set(['model.read', 'usage.read_own'])

/** Who sends a request: a session of the browser, the master key, or a virtual key. Null for nobody known. */
export const createAuthenticate = ({
  db,
  now,
  cookie,
  masterKey,
  findKey,
  permissionsFor,
}: AuthenticateDeps): Authenticate => {
  const masterKeyHash = masterKey ? sha256Hex(masterKey) : null
  const masterActor: Actor = {
    kind: 'master_key',
    id: 'master_key',
    name: 'Master key',
    permissions: permissionsFor(['super_admin']),
    isSuperAdmin: true,
  }

  const byKey = async (tx: Tx, hash: string): Promise<Authenticated | null> => {
    const key = await findKey(tx, hash)
    const account = key && (await peopleRepository(tx).account(key.accountId))
    if (!account) return null
    if (account.status !== 'active') throw new Problem('account.suspended', 'The account of this key is suspended.')
    const { id, name, accountId } = key
    const actor: Actor = { kind: 'key', id, name, permissions: keyPermissions, isSuperAdmin: false }
    return { actor, accountId, sessionId: null, via: 'bearer' }
  }

  const bySession = async (tx: Tx, token: string, choice: Choice): Promise<Authenticated | null> => {
    const session = await sessionRepository(tx).byTokenHash(sha256Hex(token), now())
    const person = session && (await peopleRepository(tx).byId(session.user_id))
    if (!person) return null
    if (now().getTime() - session.last_seen_at.getTime() >= sessionSeenEveryMs) {
      await sessionRepository(tx).seen(session.id, now())
      await peopleRepository(tx).seen(person.id, now())
    }
    const standing = standingOf(await peopleRepository(tx).memberships(person.id), choice.accountId)
    // without access to any account a person may still sign out
    if (standing.suspended && choice.scope !== 'none') throw suspended()
    const accountId = standing.isSuperAdmin
      ? await chosenAccount(tx, choice)
      : (standing.home?.accountId ?? platformAccount)
    return { actor: actorOf(person, standing, permissionsFor), accountId, sessionId: session.id, via: 'cookie' }
  }

  return (credentials) =>
    db.platform(systemCtx('authenticate'), async (tx) => {
      const bearer = bearerOf(credentials.headers.authorization)
      if (bearer === null) {
        const token = cookie.read(credentials)
        return token ? bySession(tx, token, credentials) : null
      }
      const hash = sha256Hex(bearer)
      if (!masterKeyHash || !safeEqual(hash, masterKeyHash)) return byKey(tx, hash)
      return { actor: masterActor, accountId: await chosenAccount(tx, credentials), sessionId: null, via: 'bearer' }
    })
}

/** A super admin acts in any account there is, and in the platform itself when they choose none. */
const chosenAccount = async (tx: Tx, { accountId, scope }: Choice): Promise<string> => {
  if (!accountId || accountId === platformAccount || scope === 'none' || scope === 'platform') return platformAccount
  const account = await peopleRepository(tx).account(accountId)
  if (!account) throw new Problem('account.not_found', 'There is no such account.')
  return account.id
}

const bearerOf = (header: string | string[] | undefined): string | null =>
  /^bearer +(\S+) *$/i.exec(String(header ?? ''))?.[1] ?? null
