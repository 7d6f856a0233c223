/** How oidc-provider becomes a Zitadel: its paths, its claims, and a login page where one picks who one is. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { JWK } from 'jose'
import type { ClientMetadata, Configuration, Provider } from 'oidc-provider'
import type { Faults } from './idp-faults.ts'
import { type IdpPerson, projectId } from './idp-person.ts'

export type IdpClient = ClientMetadata & { client_secret?: string }

type Setting = {
  people: ReadonlyMap<string, IdpPerson>
  clients: ReadonlyMap<string, IdpClient>
  keys: readonly JWK[]
  secret: string
  faults: Faults
}

const rolesScope = 'urn:zitadel:iam:org:projects:roles'
const ownerScope = 'urn:zitadel:iam:user:resourceowner'
const roleClaims = ['urn:zitadel:iam:org:project:roles', `urn:zitadel:iam:org:project:${projectId}:roles`]
const ownerClaims = [`${ownerScope}:id`, `${ownerScope}:name`, `${ownerScope}:primary_domain`]

export const zitadelClaims = ({ roles, org, claims }: IdpPerson): Record<string, unknown> => ({
  ...(roles && Object.fromEntries(roleClaims.map((name) => [name, roles]))),
  ...(org && { [`${ownerScope}:id`]: org.id, [`${ownerScope}:name`]: org.name }),
  ...(org && { [`${ownerScope}:primary_domain`]: org.domain }),
  ...claims,
})

export const configurationOf = ({ people, clients, keys, secret, faults }: Setting): Configuration => ({
  clients: [...clients.values()],
  jwks: { keys: [...keys] as NonNullable<Configuration['jwks']>['keys'] },
  cookies: { keys: [secret] },
  // its own guard keeps it from this machine, where the relying party of a test is
  fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined } as RequestInit),
  routes: {
    authorization: '/oauth/v2/authorize',
    token: '/oauth/v2/token',
    jwks: '/oauth/v2/keys',
    introspection: '/oauth/v2/introspect',
    revocation: '/oauth/v2/revoke',
    userinfo: '/oidc/v1/userinfo',
    end_session: '/oidc/v1/end_session',
  },
  scopes: ['openid', 'offline_access', rolesScope, ownerScope, `urn:zitadel:iam:org:project:id:${projectId}:aud`],
  claims: {
    openid: ['sub', 'sid', 'auth_time', 'amr', 'acr'],
    email: ['email', 'email_verified'],
    profile: ['name', 'preferred_username', 'groups'],
    [rolesScope]: roleClaims,
    [ownerScope]: ownerClaims,
  },
  // as Zitadel does unless told otherwise, the ID token says who it is and userinfo says the rest
  conformIdTokenClaims: true,
  features: {
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true, allowedPolicy: () => true },
    clientCredentials: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => {
        ctx.type = 'html'
        ctx.body = `<body onload="document.forms[0].submit()">${form.replace('</form>', '<input type="hidden" name="logout" value="yes"></form>')}</body>`
      },
    },
    backchannelLogout: { enabled: true },
  },
  interactions: { url: (_ctx, { uid }) => `/ui/login/${uid}` },
  pkce: { required: () => true },
  findAccount: (_ctx, sub) => {
    const person = people.get(sub)
    if (!person) return undefined
    const { email, emailVerified = true, name } = person
    return {
      accountId: sub,
      claims: async () => ({
        sub,
        email,
        email_verified: emailVerified,
        name,
        ...zitadelClaims(person),
        ...faults.claims,
      }),
    }
  },
  loadExistingGrant: async ({ oidc }) => {
    const { client, session, provider } = oidc
    if (!client || !session?.accountId) return undefined
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
    grant.addOIDCScope(String(oidc.params?.scope ?? 'openid'))
    await grant.save()
    return grant
  },
  extraTokenClaims: (_ctx, token) => {
    const person = 'accountId' in token && token.accountId ? people.get(token.accountId) : undefined
    return person ? zitadelClaims(person) : undefined
  },
  formats: {
    customizers: {
      jwt: (_ctx, token, jwt) => {
        const { clientId } = token
        // the audience of Zitadel names the client and the project
        const aud = [jwt.payload.aud].flat()
        jwt.payload.aud = aud.includes(projectId) ? [clientId, projectId] : aud
        jwt.payload.azp = clientId
      },
    },
  },
  ttl: { AccessToken: 3600, AuthorizationCode: 60, IdToken: 3600, Interaction: 600, Session: 86_400, Grant: 86_400 },
})

type Page = {
  request: IncomingMessage
  response: ServerResponse
  provider: Provider
  people: ReadonlyMap<string, IdpPerson>
}

/** A list of people; whoever is chosen has signed in with a password and a second factor. */
export const loginPage = async ({ request, response, provider, people }: Page): Promise<void> => {
  const chosen = new URL(request.url ?? '', 'http://idp').searchParams.get('as')
  if (chosen !== null)
    return provider.interactionFinished(
      request,
      response,
      people.has(chosen)
        ? { login: { accountId: chosen, amr: ['pwd', 'otp'], remember: true } }
        : { error: 'access_denied', error_description: 'The person gave up' },
    )
  const { uid } = await provider.interactionDetails(request, response)
  const links = [...people.values()].map(
    ({ sub, name = sub, email = '' }) =>
      `<p><a href="/ui/login/${uid}?as=${encodeURIComponent(sub)}">${name} ${email}</a></p>`,
  )
  response.setHeader('content-type', 'text/html; charset=utf-8')
  response.end(`<!doctype html><html lang="en"><title>Sign in</title><h1>Who are you?</h1>${links.join('')}</html>`)
}
