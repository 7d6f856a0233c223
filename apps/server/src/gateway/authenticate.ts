/** Who calls: the key in whichever header the caller's SDK puts it, found by its hash. */
import { hash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { SliceKey } from '@cockpit/contract/snapshot'
import { type AccountWorld, findKey, type World } from '@cockpit/policy'
import { type Refusal, refusal } from './refusal.ts'

export type Caller = { account: AccountWorld; key: SliceKey }

const secretCharsMax = 512

export const authenticate = (world: World, headers: IncomingHttpHeaders, now: number): Caller | Refusal => {
  const secret = credentialOf(headers)
  if (secret === null)
    return refusal('auth.required', 'Send your key as `Authorization: Bearer …`, `x-api-key` or `api-key`.')
  if (secret.length > secretCharsMax) return unknown
  return findKey(world, hash('sha256', secret, 'hex'), now) ?? unknown
}

const unknown = refusal(
  'auth.failed',
  'This key is not known here. It may have been revoked, or be from another installation.',
)

const credentialOf = (headers: IncomingHttpHeaders): string | null => {
  const { authorization } = headers
  if (authorization !== undefined && authorization.length > 7 && isBearer(authorization))
    return authorization.slice(7).trim() || null
  const key = headers['x-api-key'] ?? headers['api-key']
  return typeof key === 'string' && key !== '' ? key : null
}

const isBearer = (text: string): boolean => text.startsWith('Bearer ') || text.slice(0, 7).toLowerCase() === 'bearer '
