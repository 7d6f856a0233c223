/** Who calls: the key in whichever header the caller's SDK puts it, found by its hash, or else a token. */
import { hash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { type AccountWorld, findKey, type World } from '@cockpit/policy'
import type { Holder } from './holder.ts'
import type { KnownSecret } from './lane/index.ts'
import { type Refusal, refusal } from './refusal.ts'

export type Caller = { account: AccountWorld; holder: Holder }
/** What is no key may be a token. */
export type Stranger = { secret: string; digest: string }

/** A token is longer than a key, and bounded by the head it comes in. */
const secretCharsMax = 16 << 10

/** `known` remembers the hash of the last secret of a connection: it costs more than all the rest of this. */
export const authenticate = (
  world: World,
  headers: IncomingHttpHeaders,
  now: number,
  known?: KnownSecret,
): Caller | Refusal | Stranger => {
  const secret = credentialOf(headers)
  if (secret === null)
    return refusal(
      'auth.required',
      'Send your key as `Authorization: Bearer …`, `x-api-key`, `api-key` or `x-goog-api-key`.',
    )
  if (secret.length > secretCharsMax) return unknown
  const digest = known?.secret === secret ? known.digest : hash('sha256', secret, 'hex')
  if (known && known.secret !== secret) {
    known.secret = secret
    known.digest = digest
  }
  const found = findKey(world, digest, now)
  return found ? { account: found.account, holder: found.key } : { secret, digest }
}

export const unknown = refusal(
  'auth.failed',
  'This key or token is not known here. It may have been revoked, or be from another installation.',
)

const credentialOf = (headers: IncomingHttpHeaders): string | null => {
  const { authorization } = headers
  if (authorization !== undefined && authorization.length > 7 && isBearer(authorization))
    return authorization.slice(7).trim() || null
  const key = headers['x-api-key'] ?? headers['api-key'] ?? headers['x-goog-api-key']
  return typeof key === 'string' && key !== '' ? key : null
}

const isBearer = (text: string): boolean => text.startsWith('Bearer ') || text.slice(0, 7).toLowerCase() === 'bearer '
