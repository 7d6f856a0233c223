/** Failures of a provider as the log tells them. Nothing of a token, a code or a secret is repeated. */
import * as oidc from 'openid-client'
import { type FailureReason, type Provider, ProviderFailure } from '../../modules/sso/index.ts'

export const failureOf = (error: unknown, provider: Pick<Provider, 'issuer'>): ProviderFailure => {
  if (error instanceof ProviderFailure) return error
  const [reason, detail] = told(error, provider)
  return new ProviderFailure(reason, detail, error)
}

const told = (error: unknown, { issuer }: Pick<Provider, 'issuer'>): [FailureReason, string] => {
  if (error instanceof oidc.AuthorizationResponseError)
    return ['denied', `The provider refused: ${error.error}${said(error.error_description)}.`]
  if (error instanceof oidc.ResponseBodyError) {
    const clientWrong = error.error === 'invalid_client' || error.status === 401
    return [
      clientWrong ? 'client_refused' : 'code_refused',
      `The token endpoint answered ${error.status} ${error.error}${said(error.error_description)}.`,
    ]
  }
  if (error instanceof oidc.WWWAuthenticateChallengeError)
    return [
      'client_refused',
      `The token endpoint answered ${error.status}: it does not take the client id or the secret.`,
    ]
  const code = codeOf(error)
  const { hostname } = new URL(issuer)
  if (network[code]) return ['unreachable', network[code](hostname)]
  if (code.startsWith('CERT_') || certificates.has(code))
    return ['unreachable', `The certificate of '${hostname}' is not accepted (${code}).`]
  if (code === 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED')
    return ['too_old', `A time in the ID token is wrong: ${claimOf(error)}.`]
  if (/issuer/i.test(messageOf(error)))
    return ['issuer_wrong', `The answer is not from ${issuer}: ${messageOf(error)}.`]
  if (tokenCodes.has(code)) return ['token_wrong', `The ID token is refused: ${messageOf(error)}${claimOf(error)}.`]
  if (code.startsWith('OAUTH_'))
    return ['not_a_provider', `${hostname} does not answer as an OpenID provider: ${messageOf(error)}.`]
  return ['unreachable', `The call to '${hostname}' failed: ${messageOf(error)}.`]
}

const network: Readonly<Record<string, (host: string) => string>> = {
  PRIVATE_TARGET: (host) => `'${host}' is an address inside the network of this installation.`,
  ENOTFOUND: (host) => `The name '${host}' cannot be resolved; check its spelling.`,
  EAI_AGAIN: (host) => `The name '${host}' cannot be resolved; check the name server of this machine.`,
  ECONNREFUSED: (host) => `Nothing listens at '${host}'.`,
  ECONNRESET: (host) => `'${host}' closed the connection without an answer.`,
  UND_ERR_SOCKET: (host) => `'${host}' closed the connection without an answer.`,
  EHOSTUNREACH: (host) => `There is no route to '${host}'.`,
  UND_ERR_CONNECT_TIMEOUT: (host) => `'${host}' does not accept the connection in time.`,
  TimeoutError: (host) => `'${host}' did not answer in time.`,
  OAUTH_TIMEOUT: (host) => `'${host}' did not answer in time.`,
  UND_ERR_RES_EXCEEDED_MAX_SIZE: (host) => `The answer of '${host}' is too large.`,
}
const certificates = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])
const tokenCodes = new Set([
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_KEY_SELECTION_FAILED',
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
  'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
])

const said = (words: string | undefined) => (words ? ` (“${words.replace(/\s+/g, ' ').slice(0, 200)}”)` : '')
const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown'
  const inner = error.cause instanceof Error ? `, ${error.cause.message}` : ''
  return `${error.message}${inner}`.replace(/\s+/g, ' ').slice(0, 200)
}
const claimOf = (error: unknown): string => {
  const cause = error instanceof Error ? error.cause : undefined
  const inner = cause instanceof Error ? cause.cause : cause
  return inner !== null && typeof inner === 'object' && 'claim' in inner ? ` (${String(inner.claim)})` : ''
}
/** The cause stands at different depths. */
const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return ''
  const own = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (own && own !== 'OAUTH_ABORT') return own
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  if (error.cause instanceof Error) return codeOf(error.cause) || own
  return error.name === 'TimeoutError' ? error.name : own
}
