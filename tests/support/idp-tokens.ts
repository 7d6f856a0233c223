/** Access tokens without redirects, for tests of bearer tokens. */
import type { Provider } from 'oidc-provider'
import { type IdpPerson, projectId } from './idp-person.ts'

export type TokenWish = {
  person: IdpPerson
  clientId: string
  format?: 'jwt' | 'opaque'
  /** The project, unless said otherwise. */
  audience?: string
  scope?: string
  expiresInSeconds?: number
}

export const issueToken = async (provider: Provider, wish: TokenWish): Promise<string> => {
  const { person, clientId, format = 'jwt', audience = projectId, scope = 'openid', expiresInSeconds } = wish
  const client = await provider.Client.find(clientId)
  if (!client) throw new Error(`the provider has no client ${clientId}`)
  const grant = new provider.Grant({ clientId, accountId: person.sub })
  grant.addOIDCScope(scope)
  const token = new provider.AccessToken({
    client,
    accountId: person.sub,
    grantId: await grant.save(),
    gty: 'authorization_code',
    scope,
    ...(expiresInSeconds !== undefined && { expiresIn: expiresInSeconds }),
  })
  token.resourceServer = new provider.ResourceServer(audience, {
    audience,
    scope,
    accessTokenFormat: format,
    ...(format === 'jwt' && { jwt: { sign: { alg: 'RS256' } } }),
  })
  return token.save()
}
