/** The token endpoint (RFC 6749 §3.2 and §4.4) at `/v1/oauth/token`: which client knocks, and answers in the RFC's form. */
import { senderOf } from '@cockpit/policy'
import {
  admitAtPace,
  type Clock,
  createPace,
  type Log,
  type Protocol,
  type ProtocolAnswer,
  type ProtocolRequest,
  unstorableIn,
} from '../../platform/index.ts'
import type { Grant } from './grant.ts'
import { tokenPath } from './model.ts'
import type { Refused } from './refused.ts'

/** Requests a second of one sender, and at once after a rest. Not of one client: whoever knows its id could keep it out. */
const senderPace = { perSecond: 20, burst: 200 }

type Deps = { log: Log; now: Clock; grant: Grant; refused: Refused; publicUrl: string }
type ErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'temporarily_unavailable'
  | 'server_error'

class TokenError extends Error {
  readonly code: ErrorCode
  readonly says: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  constructor(code: ErrorCode, says: string, status = 400, headers: Readonly<Record<string, string>> = {}) {
    super(says)
    this.code = code
    this.says = says
    this.status = status
    this.headers = headers
  }
}

export const createEndpoint = ({ log, now, grant, refused, publicUrl }: Deps): Protocol => {
  const { origin } = new URL(publicUrl)
  const ofSender = createPace(now, senderPace)
  const serve = async (request: ProtocolRequest): Promise<ProtocolAnswer> => {
    if (request.path !== '' && request.path !== '/')
      throw new TokenError('invalid_request', `Tokens are fetched at ${tokenPath}.`, 404)
    if (request.method !== 'POST') throw notPost()
    admitAtPace(ofSender, senderOf(request.ip), tooSoon)
    const form = formOf(request.body)
    const { clientId, secret } = clientOf(request.headers.authorization, form)
    requireClientCredentials(form)
    const resource = form.get('resource')
    if (resource !== undefined && !isOurs(resource, origin))
      throw new TokenError('invalid_target', `Tokens are for ${origin} only.`)
    const granted = await grant(request, clientId, secret)
    if (!granted) {
      await refused(request, clientId)
      throw unknownClient()
    }
    return answer(200, {
      access_token: granted.token,
      token_type: 'Bearer',
      expires_in: granted.expiresInSeconds,
    })
  }
  return {
    prefix: tokenPath,
    realm: tokenPath,
    types: [],
    forms: true,
    async handle(request) {
      try {
        return await serve(request)
      } catch (error) {
        if (error instanceof TokenError) return refusal(error)
        log.error({ err: error, requestId: request.requestId }, 'token request failed')
        const says = `Something went wrong; the log tells more about ${request.requestId}.`
        return refusal(new TokenError('server_error', says, 500))
      }
    },
    failed({ path, status, detail }) {
      // what is at the endpoint and still found nobody came with a method that it does not have
      if (status === 404 && path === tokenPath) return refusal(notPost())
      return refusal(new TokenError(status >= 500 ? 'server_error' : 'invalid_request', detail, status))
    },
  }
}

const requireClientCredentials = (form: Form) => {
  const type = form.get('grant_type')
  if (type === undefined) throw new TokenError('invalid_request', "'grant_type' is missing.")
  if (type !== 'client_credentials')
    throw new TokenError('unsupported_grant_type', "Only 'client_credentials' is possible here.")
  if (form.get('scope') !== undefined)
    throw new TokenError('invalid_scope', 'There are no scopes: a service account may what its roles allow.')
}

type Form = ReadonlyMap<string, string>

/** Parameters without a value count as omitted, and none may come twice (RFC 6749 §3.2). */
const formOf = (body: unknown): Form => {
  if (typeof body !== 'string')
    throw new TokenError('invalid_request', 'Send a form: application/x-www-form-urlencoded.')
  const form = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(body)) {
    const wrong = unstorableIn({ [name]: value })
    if (wrong) throw new TokenError('invalid_request', `'${name.slice(0, 40)}' ${wrong.detail}.`)
    if (form.has(name)) throw new TokenError('invalid_request', `'${name.slice(0, 40)}' comes twice.`)
    form.set(name, value)
  }
  for (const [name, value] of form) if (value === '') form.delete(name)
  return form
}

const clientOf = (authorization: string | undefined, form: Form): { clientId: string; secret: string } => {
  const inForm = form.get('client_secret')
  if (authorization === undefined) {
    const clientId = form.get('client_id')
    if (clientId === undefined || inForm === undefined) throw unknownClient()
    return { clientId, secret: inForm }
  }
  if (inForm !== undefined)
    throw new TokenError('invalid_request', 'Send the secret once: in the header or in the form.')
  const client = basicOf(authorization)
  if (form.get('client_id') !== undefined && form.get('client_id') !== client.clientId)
    throw new TokenError('invalid_request', "'client_id' differs from the one in the header.")
  return client
}

/** Name and secret are encoded like a form before they are joined (RFC 6749 §2.3.1). */
const basicOf = (authorization: string) => {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization)?.[1]
  const [clientId = '', secret = ''] = encoded ? Buffer.from(encoded, 'base64').toString('utf8').split(/:(.*)/s) : []
  try {
    const plain = (text: string) => decodeURIComponent(text.replaceAll('+', ' '))
    if (clientId && secret && !unstorableIn([plain(clientId)]))
      return { clientId: plain(clientId), secret: plain(secret) }
  } catch {
    // not encoded as it should be: nobody's
  }
  throw unknownClient()
}

const isOurs = (resource: string, origin: string) => URL.canParse(resource) && new URL(resource).origin === origin

const tooSoon = (after: string) => {
  const says = `Too many tokens are asked for; come again in ${after} s. A token can be used until it expires.`
  return new TokenError('temporarily_unavailable', says, 429, { 'retry-after': after })
}

const notPost = () => new TokenError('invalid_request', 'Send a POST request.', 405)
const unknownClient = () =>
  new TokenError('invalid_client', 'This client or its secret is unknown or no longer valid.', 401)

const answer = (status: number, body: object, headers: Record<string, string> = {}): ProtocolAnswer => ({
  status,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store', pragma: 'no-cache', ...headers },
  body: JSON.stringify(body),
})

const refusal = ({ code, says, status, headers }: TokenError) =>
  answer(
    status,
    { error: code, error_description: says },
    {
      ...(status === 401 && { 'www-authenticate': 'Basic realm="cockpit"' }),
      ...(status === 405 && { allow: 'POST' }),
      ...headers,
    },
  )
