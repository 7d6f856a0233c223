import type { Redact } from '../../platform/index.ts'
import { type DialectId, readUpstreamError, type UpstreamError } from '../dialects/index.ts'
import { CredentialRefused } from '../providers/index.ts'

/** Every failure of a provider that becomes the caller's answer, with its HTTP status or those it keeps from the provider. */
export const upstreamFailures = {
  upstream_credentials_exhausted: 502,
  'upstream.rejected': '4xx',
  'upstream.rate_limited': 429,
  'upstream.error': '5xx',
  'upstream.stream_failed': '4xx, 5xx',
  'upstream.invalid_answer': 502,
  'upstream.unreachable': 502,
  'upstream.timeout': 504,
} as const
export type UpstreamCode = keyof typeof upstreamFailures

/** Why one attempt did not bring an answer, and what that means for the next. */
export type Failure = {
  /** Stable code of the failure, should it become the caller's answer. */
  code: UpstreamCode
  status: number
  message: string
  /** Another attempt on the same deployment may help. */
  retryable: boolean
  /** Another deployment may help, this one will not. */
  elsewhere: boolean
  /** The credential is refused or has no quota left: no deployment of the same connection may be tried. */
  credentialDead: boolean
  retryAfterMs: number | null
  /** The provider's own words, where they are for the operators alone. */
  detail?: string
  /** Nothing can have been generated, so nothing is billed. */
  answer: { dialect: DialectId; error: UpstreamError; body: Buffer; contentType: string } | null
}

type Headers = Readonly<Record<string, string | string[] | undefined>>

/** Who said it: the language it is in, and how the credential it was sent is taken out of its words. */
export type Speaker = { dialect: DialectId; redact: Redact }

/** What an answer other than 2xx means. */
export const failureOfAnswer = (
  status: number,
  headers: Headers,
  sent: Buffer,
  { dialect, redact }: Speaker,
): Failure => {
  // following it would send prompt and credential to an address nobody configured
  if (status < 400)
    return {
      ...unreadable(`The provider redirects (${status}); connect it by the address it leads to.`),
      retryable: false,
    }
  const body = withoutSecret(sent, redact)
  const error = readUpstreamError(status, body)
  const credentialDead = isCredentialDead(error)
  const told = first(headers['x-should-retry'])
  return {
    code: codeOf(status, credentialDead),
    status,
    ...(credentialDead ? refusedCredential(error) : { message: error.message }),
    retryable: !credentialDead && (told === 'true' || (error.retryable && told !== 'false')),
    // a model the provider does not know may stand behind another deployment
    elsewhere: credentialDead || error.retryable || status === 404,
    credentialDead,
    retryAfterMs: retryAfterOf(headers, Date.now()) ?? error.retryAfterMs ?? null,
    answer: { dialect, error, body, contentType: first(headers['content-type']) ?? '' },
  }
}

export const isCredentialDead = ({ status, exhausted }: UpstreamError): boolean =>
  exhausted || status === 401 || status === 402 || status === 403

/** Providers speak of the key and of the account it belongs to; neither is the caller's business. */
export const refusedCredential = (error: UpstreamError): { message: string; detail: string } => {
  const word = [error.code, error.type].find((name) => name !== undefined && isWord.test(name))
  const said = word === undefined ? `${error.status}` : `${error.status} ${word}`
  const message =
    error.exhausted || error.status === 402
      ? `The account at the provider has no credit or quota left (${said}).`
      : `The provider refuses the credential of the connection (${said}).`
  return { message, detail: error.message }
}

const isWord = /^[a-z][a-z_.]{0,63}$/

/** The same bytes unless the secret stands in them, plain or written with the escapes of JSON. */
const withoutSecret = (body: Buffer, redact: Redact): Buffer => {
  const text = body.toString('utf8')
  const plain = unescaped(text)
  const clean = redact(plain)
  if (clean !== plain) return Buffer.from(clean)
  const direct = redact(text)
  return direct === text ? body : Buffer.from(direct)
}

const unescaped = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return text
  }
}

/** What a provider said in the middle of a stream, as it may be passed on. */
export const tellable = (error: UpstreamError, redact: Redact): UpstreamError => ({
  ...error,
  message: redact(isCredentialDead(error) ? refusedCredential(error).message : error.message),
  type: error.type && redact(error.type),
  code: error.code && redact(error.code),
  param: error.param && redact(error.param),
})

const codeOf = (status: number, credentialDead: boolean): UpstreamCode => {
  if (credentialDead) return 'upstream_credentials_exhausted'
  if (status === 429) return 'upstream.rate_limited'
  if (status >= 500) return 'upstream.error'
  return 'upstream.rejected'
}

/** What it means when the connection itself failed, or no token was to be had for it. */
export const failureOfError = (error: unknown): Failure => {
  if (error instanceof CredentialRefused)
    return {
      ...unreadable(error.message),
      code: 'upstream_credentials_exhausted',
      retryable: false,
      credentialDead: true,
    }
  const code = codeOfError(error)
  const timedOut = timeouts.has(code)
  return {
    code: timedOut ? 'upstream.timeout' : 'upstream.unreachable',
    status: timedOut ? upstreamFailures['upstream.timeout'] : upstreamFailures['upstream.unreachable'],
    message:
      sentences[code] ?? (code.startsWith('HPE_') ? garbage : `The connection to the provider failed (${code}).`),
    // a provider that took the call and is silent may still be working on it: ask another one, not the same again
    retryable: code !== 'UND_ERR_HEADERS_TIMEOUT' && code !== 'UND_ERR_BODY_TIMEOUT' && code !== 'PRIVATE_TARGET',
    elsewhere: true,
    credentialDead: false,
    retryAfterMs: null,
    answer: null,
  }
}

/** A 2xx that is no answer: a web page, an empty body, broken JSON. */
export const unreadable = (message: string): Failure => ({
  code: 'upstream.invalid_answer',
  status: 502,
  message,
  retryable: true,
  elsewhere: true,
  credentialDead: false,
  retryAfterMs: null,
  answer: null,
})

const garbage = 'The provider does not speak HTTP.'
const timeouts = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT'])
const sentences: Record<string, string> = {
  UND_ERR_CONNECT_TIMEOUT: 'The provider did not accept a connection in time.',
  UND_ERR_HEADERS_TIMEOUT: 'The provider did not begin to answer in time.',
  UND_ERR_BODY_TIMEOUT: 'The provider stopped in the middle of its answer.',
  UND_ERR_SOCKET: 'The provider closed the connection without a complete answer.',
  ECONNRESET: 'The provider closed the connection without a complete answer.',
  ECONNREFUSED: 'The provider refuses connections.',
  ENOTFOUND: 'The provider’s name cannot be resolved.',
  EAI_AGAIN: 'The provider’s name cannot be resolved at the moment.',
  PRIVATE_TARGET:
    'The provider’s address lies inside the network of this installation, which an account’s connection must not reach.',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'The provider’s answer is too large.',
}

const codeOfError = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown'
  if ('code' in error && typeof error.code === 'string') return error.code
  if (error instanceof AggregateError) return codeOfError(error.errors[0])
  return error.cause instanceof Error ? codeOfError(error.cause) : error.name
}

/** `retry-after-ms`, or `retry-after` in seconds or as a date. */
export const retryAfterOf = (headers: Headers, now: number): number | null => {
  const ms = Number(first(headers['retry-after-ms']) ?? Number.NaN)
  if (Number.isFinite(ms) && ms >= 0) return ms
  const text = first(headers['retry-after'])
  if (text === undefined || text === '') return null
  const seconds = Number(text)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const date = Date.parse(text)
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}

const first = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value)
