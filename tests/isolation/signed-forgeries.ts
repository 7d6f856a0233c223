/** Tokens of the installation's own identity provider that must not let anybody in, whoever they claim to be. */
import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import type { TestAccount } from '../support/account.ts'
import type { Idp } from '../support/idp.ts'
import type { Principal } from './principals.ts'

export const signedForgeries = async (idp: Idp, { admin, email }: TestAccount): Promise<Principal[]> => {
  const { client_id: clientId } = idp.client({ client_id: 'isolation', redirect_uris: ['http://127.0.0.1:9/callback'] })
  const org = { id: '1', name: 'Platform', domain: 'platform.example' }
  const person = idp.person({ sub: admin.id, email, name: admin.name, org, claims: { email, email_verified: true } })
  const token = (wish: object) => idp.token({ person, clientId, scope: 'openid email profile', ...wish })
  const published = (await (await fetch(`${idp.issuer}/oauth/v2/keys`)).json()) as { keys: { kid: string }[] }
  const key = published.keys[0]
  if (!key) throw new Error('the provider publishes its keys')
  const claims = {
    iss: idp.issuer,
    aud: idp.projectId,
    sub: admin.id,
    email,
    email_verified: true,
    iat: seconds(),
    exp: seconds() + 3600,
    'urn:zitadel:iam:org:project:roles': { super_admin: { 1: 'platform.example' } },
  }
  const signed = (header: object, make: (text: string) => string) => {
    const text = `${part({ typ: 'JWT', kid: key.kid, ...header })}.${part(claims)}`
    return `${text}.${make(text)}`
  }
  const pem = createPublicKey({ key: key as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  return [
    stranger('token for another audience', await token({ audience: 'another-project' })),
    stranger('opaque token for another audience', await token({ audience: 'another-project', format: 'opaque' })),
    stranger('expired token', await token({ expiresInSeconds: -60 })),
    stranger(
      'token of the issuer with alg none',
      signed({ alg: 'none' }, () => ''),
    ),
    stranger(
      'token signed with the public key as a secret',
      signed({ alg: 'HS256' }, (text) => createHmac('sha256', pem).update(text).digest('base64url')),
    ),
    stranger(
      'token signed with a key of their own',
      signed({ alg: 'RS256' }, (text) => sign('sha256', Buffer.from(text), other).toString('base64url')),
    ),
  ]
}

const stranger = (name: string, token: string): Principal => ({
  name,
  headers: { authorization: `Bearer ${token}` },
  standing: 'unknown',
})
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const seconds = () => Math.floor(Date.now() / 1000)
