/** A JWT: genuine by a key of its issuer, meant for us, in force. Nothing symmetric, whatever the header says. */
import type { RefusalReason } from '@cockpit/contract/tokens'
import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyResult, jwtVerify } from 'jose'
import type { Clock } from '../../platform/index.ts'
import { audienceOf, clientOf, issuedAhead, textOf } from './claims.ts'
import type { Documents } from './documents.ts'
import type { Refused } from './port.ts'

const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const toleranceSeconds = 5

export type Decoded = { header: { kid?: string; alg?: string; typ?: string }; payload: JWTPayload }

export const looksLikeJwt = (token: string): boolean =>
  /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token) && token.startsWith('eyJ')

/** What it says, before anything of it is believed; null when it says nothing readable. */
export const decode = (token: string): Decoded | null => {
  try {
    return { header: decodeProtectedHeader(token), payload: decodeJwt(token) }
  } catch {
    return null
  }
}

export const seenIn = ({ header, payload }: Decoded): Refused['seen'] => ({
  issuer: textOf(payload.iss),
  kid: textOf(header.kid),
  algorithm: textOf(header.alg),
  audience: audienceOf(payload),
  subject: textOf(payload.sub),
  client: clientOf(payload),
  claims: payload,
})

type Verdict = { payload: JWTPayload } | { reason: RefusalReason; detail: string }

export const verifyJwt = async (
  token: string,
  { header, payload }: Decoded,
  documents: Documents,
  now: Clock,
): Promise<Verdict> => {
  if (!header.alg || !algorithms.includes(header.alg))
    return {
      reason: 'algorithm',
      detail: `It is signed with '${header.alg ?? 'nothing'}'; only asymmetric algorithms count.`,
    }
  // an ID token tells an application who signed in to it; it is no key to anything
  if (payload.nonce !== undefined || payload.at_hash !== undefined || payload.typ === 'ID')
    return { reason: 'id_token', detail: 'It is an ID token; an access token is needed.' }
  // an application is told by it that a login ended: the same keys sign it, for the same audience
  if (payload.events !== undefined || payload.typ === 'Logout' || isLogout(header.typ))
    return { reason: 'claims', detail: 'It is a logout token; an access token is needed.' }
  const { issuer, audiences } = documents.issuer
  const keys = await documents.keys()
  if (!keys)
    return { reason: 'keys_unavailable', detail: `No keys of ${issuer}: ${documents.health().lastError ?? 'unknown'}.` }
  const expected = {
    issuer,
    audience: [...audiences],
    algorithms,
    currentDate: now(),
    clockTolerance: toleranceSeconds,
    requiredClaims: ['exp', 'iat', 'sub'],
  }
  const attempt = async (known: NonNullable<typeof keys>): Promise<Verdict> => {
    const { payload: said }: JWTVerifyResult = await jwtVerify(token, known, expected)
    return issuedAhead(said, now().getTime()) ? ahead : { payload: said }
  }
  try {
    return await attempt(keys)
  } catch (error) {
    if (!(error instanceof errors.JWKSNoMatchingKey)) return reasonOf(error)
    const known = (await documents.lookAgain()) ? await documents.keys() : null
    if (!known)
      return {
        reason: 'key_unknown',
        detail: `No key '${header.kid ?? ''}' among those of ${issuer}; it was asked a moment ago.`,
      }
    try {
      return await attempt(known)
    } catch (again) {
      return reasonOf(again)
    }
  }
}

/** Media types are the same in all letters, and `application/` may be left out. */
const isLogout = (type: unknown): boolean =>
  typeof type === 'string' && /^(application\/)?logout\+jwt$/i.test(type.trim())

const ahead = {
  reason: 'not_yet_valid',
  detail: 'It says that it will be issued later; set both clocks by NTP.',
} as const

const reasonOf = (error: unknown): { reason: RefusalReason; detail: string } => {
  const detail = error instanceof Error ? error.message : String(error)
  if (error instanceof errors.JWTExpired) return { reason: 'expired', detail }
  if (error instanceof errors.JWTClaimValidationFailed) {
    const byClaim: Partial<Record<string, RefusalReason>> = {
      aud: 'audience',
      iss: 'issuer_unknown',
      nbf: 'not_yet_valid',
    }
    return { reason: byClaim[error.claim] ?? 'claims', detail }
  }
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return { reason: 'key_unknown', detail }
  if (error instanceof errors.JWSSignatureVerificationFailed) return { reason: 'signature', detail }
  return { reason: 'malformed', detail }
}
