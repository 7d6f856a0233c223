import { z } from 'zod'
import { ZitadelError } from '../../../modules/zitadel/port.ts'
import type { Clock } from '../../../platform/index.ts'

export type Credentials =
  | { kind: 'token'; token: string }
  | { kind: 'client_credentials'; clientId: string; clientSecret: string; scope: string }

/** The audience of Zitadel's own APIs; without it every call is refused. */
export const managementScope = 'openid urn:zitadel:iam:org:project:id:zitadel:aud'

const renewBeforeMs = 60_000
const timeoutMs = 10_000

const Granted = z.object({ access_token: z.string().min(1), expires_in: z.number().positive().default(300) })
const Refused = z.object({ error: z.string(), error_description: z.string().default('') })

export type TokenSource = { get(): Promise<string>; drop(): void }

/** A bearer token for the management API. One of client credentials is kept until shortly before it expires. */
export const createTokenSource = (baseUrl: string, credentials: Credentials, now: Clock): TokenSource => {
  if (credentials.kind === 'token') return { get: async () => credentials.token, drop() {} }
  let held: Promise<{ token: string; until: number }> | null = null
  const fetchOne = async () => {
    const granted = await ask(baseUrl, credentials)
    // one that lives shorter than the margin is used for half its life
    const lifeMs = granted.expires_in * 1000
    return { token: granted.access_token, until: now().getTime() + Math.max(lifeMs - renewBeforeMs, lifeMs / 2) }
  }
  const fresh = () => {
    const asked = fetchOne()
    // callers at the same time share one request; a failed one is not kept
    held = asked
    asked.catch(() => {
      if (held === asked) held = null
    })
    return asked
  }
  return {
    async get() {
      const current = await (held ?? fresh())
      return (current.until > now().getTime() ? current : await fresh()).token
    },
    drop() {
      held = null
    },
  }
}

const ask = async (baseUrl: string, { clientId, clientSecret, scope }: Extract<Credentials, { clientId: string }>) => {
  const basic = [clientId, clientSecret].map(encodeURIComponent).join(':')
  const answer = await fetch(`${baseUrl}/oauth/v2/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(basic).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope }),
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((error: unknown) => {
    throw new ZitadelError('unavailable', `Zitadel cannot be reached at ${baseUrl}: ${reasonOf(error)}`)
  })
  const body: unknown = await answer.json().catch(() => null)
  const granted = Granted.safeParse(body)
  if (answer.ok && granted.success) return granted.data
  if (answer.status === 429 || answer.status >= 500)
    throw new ZitadelError('unavailable', `Zitadel gives no token for now (${answer.status}).`)
  const refused = Refused.safeParse(body)
  const why = refused.success ? `: ${refused.data.error} ${refused.data.error_description}`.trimEnd() : ''
  throw new ZitadelError(
    'unauthenticated',
    `Zitadel gives no token for ZITADEL_CLIENT_ID (${answer.status})${why}. Check the client, its secret and the scope.`,
  )
}

/** What went wrong below HTTP, in words; fetch hides it one level down. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'no answer in time'
  const { cause } = error
  return cause instanceof Error ? cause.message || error.message : error.message
}
