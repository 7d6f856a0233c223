/** Which headers pass between a caller and a provider: what belongs to a connection, or to either's identity, does not. */
import type { Call } from '../call.ts'
import type { Target } from '../upstream/index.ts'

const ofConnection = [
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'expect'],
  ...['host', 'content-length'],
]
/** Whose key it is, whose account at the provider pays, and where the caller is. */
const ofIdentity = [
  ...['authorization', 'proxy-authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'cookie', 'x-account-id'],
  ...['openai-organization', 'openai-project', 'x-goog-user-project', 'forwarded', 'x-real-ip', 'via', 'origin'],
  ...['referer', 'accept-encoding', 'user-agent', 'idempotency-key'],
]
const staysHere = new Set([...ofConnection, ...ofIdentity])
const isOurs = /^(?:x-cockpit-|x-forwarded-|x-amz-|proxy-|sec-)/

const namedIn = (connection: unknown): ReadonlySet<string> =>
  new Set(
    String(connection ?? '')
      .split(',')
      .map((name) => name.trim().toLowerCase()),
  )

export const headersOut = ({ req }: Call, { credentials, provider }: Target): string[] => {
  const headers = ['user-agent', 'cockpit-gateway', ...credentials]
  const dropped = namedIn(req.headers.connection)
  for (const name in req.headers) {
    const value = req.headers[name]
    if (staysHere.has(name) || isOurs.test(name) || dropped.has(name) || typeof value !== 'string') continue
    headers.push(name, value)
  }
  for (const name in provider.defaults)
    if (req.headers[name] === undefined) headers.push(name, provider.defaults[name] ?? '')
  return headers
}

const ofAnswer = new Set(['content-type', 'content-encoding', 'content-disposition', 'content-length', 'etag'])

/** Of an answer what describes its bytes; the rest is about the account at the provider. */
export const headersBack = (call: Call, given: Record<string, string | string[] | undefined>): string[] => {
  const headers = ['x-request-id', call.id]
  const upstreamId = given['x-request-id'] ?? given['request-id']
  if (typeof upstreamId === 'string') headers.push('x-upstream-request-id', upstreamId)
  for (const name in given) {
    const value = given[name]
    if (ofAnswer.has(name) && typeof value === 'string') headers.push(name, value)
  }
  return headers
}
