/** A service account of Google: its key signs a statement, which is exchanged for a token that is kept until shortly before its end. */
import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { z } from 'zod'
import { type Ask, type Authorize, CredentialRefused } from './authorizer.ts'

const ServiceAccount = z.object({
  client_email: z.string().min(1),
  private_key: z.string().min(1),
  private_key_id: z.string().optional(),
  project_id: z.string().optional(),
  token_uri: z.url({ protocol: /^https?$/ }).default('https://oauth2.googleapis.com/token'),
})
export type ServiceAccount = z.infer<typeof ServiceAccount>

const Granted = z.object({ access_token: z.string().min(1), expires_in: z.number().positive().default(3600) })

const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const cloudScope = 'https://www.googleapis.com/auth/cloud-platform'
const statementSeconds = 3600
/** A token is renewed while it still works, so that no call waits for one. */
const renewAheadMs = 300_000
/** And is not used at all when it may end on the way. */
const lastCallMs = 10_000

export const readServiceAccount = (secret: string): ServiceAccount | null => {
  const parsed = ServiceAccount.safeParse(jsonOf(secret))
  return parsed.success ? parsed.data : null
}

export const authorizeGoogle: Authorize = (secret, _baseUrl, { now, ask }) => {
  const account = readServiceAccount(secret)
  const key = account && privateKeyOf(account.private_key)
  if (!account || !key) return { broken: 'The credential must be the JSON key file of a service account of Google.' }
  const headers = tokenKeeper(() => fetchToken({ account, key, ask, at: now() }), now)
  return { headersFor: headers, secrets: [account.private_key] }
}

type Token = { headers: readonly string[]; until: number }

const tokenKeeper = (fetchNew: () => Promise<Token>, now: () => number) => {
  let token: Token | null = null
  let pending: Promise<Token> | null = null
  const renew = (): Promise<Token> => {
    pending ??= fetchNew()
      .then((fresh) => {
        token = fresh
        return fresh
      })
      .finally(() => {
        pending = null
      })
    return pending
  }
  return (): readonly string[] | Promise<readonly string[]> => {
    const left = token ? token.until - now() : 0
    if (!token || left < lastCallMs) return renew().then(({ headers }) => headers)
    // a renewal that fails is tried again by the next call, as long as the old token lasts
    if (left < renewAheadMs) renew().catch(() => {})
    return token.headers
  }
}

type Facts = { account: ServiceAccount; key: KeyObject; ask: Ask; at: number }

async function fetchToken({ account, key, ask, at }: Facts): Promise<Token> {
  const form = new URLSearchParams({ grant_type: grantType, assertion: statementOf(account, key, at) })
  const { status, text } = await ask(new URL(account.token_uri), form.toString())
  const granted = Granted.safeParse(jsonOf(text))
  if (status === 200 && granted.success) {
    const { access_token, expires_in } = granted.data
    return { headers: ['authorization', `Bearer ${access_token}`], until: at + expires_in * 1000 }
  }
  if (status >= 400 && status < 500)
    throw new CredentialRefused(`Google gives no token for this service account (${status} ${wordIn(text)}).`)
  throw new Error(`The server of Google's tokens answered ${status}.`)
}

function statementOf(account: ServiceAccount, key: KeyObject, at: number): string {
  const seconds = Math.floor(at / 1000)
  const head = { alg: 'RS256', typ: 'JWT', ...(account.private_key_id && { kid: account.private_key_id }) }
  const claims = {
    iss: account.client_email,
    scope: cloudScope,
    aud: account.token_uri,
    iat: seconds,
    exp: seconds + statementSeconds,
  }
  const text = `${base64(head)}.${base64(claims)}`
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
}

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const privateKeyOf = (pem: string): KeyObject | null => {
  try {
    const key = createPrivateKey(pem)
    return key.asymmetricKeyType === 'rsa' ? key : null
  } catch {
    return null
  }
}

const wordIn = (text: string): string => {
  const parsed = z.object({ error: z.string().regex(/^\w{1,60}$/) }).safeParse(jsonOf(text))
  return parsed.success ? parsed.data.error : ''
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
