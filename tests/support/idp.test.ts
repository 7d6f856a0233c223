import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import * as client from 'openid-client'
import { afterAll, expect, test } from 'vitest'
import { startIdp } from './idp.ts'
import { createIdpBrowser } from './idp-browser.ts'

const idp = await startIdp()
afterAll(() => idp.stop())
const callback = 'http://127.0.0.1:9/callback'
const app = idp.client({ client_id: 'console', redirect_uris: [callback] })
const ada = idp.person({
  sub: '1001',
  email: 'ada@acme.example',
  name: 'Ada',
  org: { id: '2001', name: 'Acme', domain: 'acme.example' },
  roles: { account_admin: { '2001': 'acme.example' } },
})
const http = { execute: [client.allowInsecureRequests] }
const found = () =>
  client.discovery(
    new URL(idp.issuer),
    app.client_id,
    app.client_secret,
    client.ClientSecretBasic(app.client_secret),
    http,
  )

test('signs in by code, PKCE and nonce over real redirects, and tells who it is as Zitadel does', async () => {
  const config = await found()
  const verifier = client.randomPKCECodeVerifier()
  const location = client.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope: 'openid profile email urn:zitadel:iam:org:projects:roles urn:zitadel:iam:user:resourceowner',
    state: 'state',
    nonce: 'nonce',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  const back = await createIdpBrowser().signInAt(location.href, ada.sub)
  expect(back.searchParams.get('iss')).toBe(idp.issuer)
  const checks = { pkceCodeVerifier: verifier, expectedState: 'state', expectedNonce: 'nonce' }
  const tokens = await client.authorizationCodeGrant(config, back, checks)
  expect(tokens.claims()).toMatchObject({ sub: ada.sub, amr: ['pwd', 'otp'] })
  const { access_token } = tokens
  expect(await client.fetchUserInfo(config, access_token, ada.sub)).toMatchObject({
    email: ada.email,
    email_verified: true,
    'urn:zitadel:iam:user:resourceowner:id': '2001',
    'urn:zitadel:iam:org:project:roles': ada.roles,
  })
  await expect(client.authorizationCodeGrant(config, back, checks)).rejects.toThrow()
})

test('issues access tokens that keys verify, and goes on with another key when it rotates', async () => {
  const keys = () => createRemoteJWKSet(new URL(`${idp.issuer}/oauth/v2/keys`))
  const token = await idp.token({ person: ada, clientId: app.client_id })
  const { payload } = await jwtVerify(token, keys(), { issuer: idp.issuer, audience: idp.projectId })
  expect(payload).toMatchObject({
    sub: ada.sub,
    azp: 'console',
    [`urn:zitadel:iam:org:project:${idp.projectId}:roles`]: ada.roles,
  })
  await idp.rotateKeys()
  const next = await idp.token({ person: ada, clientId: app.client_id })
  expect(decodeProtectedHeader(next).kid).not.toBe(decodeProtectedHeader(token).kid)
  for (const each of [token, next]) await jwtVerify(each, keys())
  await idp.rotateKeys({ drop: true })
  await expect(jwtVerify(next, keys())).rejects.toThrow()
})

test('of an opaque token only introspection knows anything, until it is revoked', async () => {
  const token = await idp.token({ person: ada, clientId: app.client_id, format: 'opaque' })
  const config = await found()
  expect(token.split('.')).toHaveLength(1)
  expect(await client.tokenIntrospection(config, token)).toMatchObject({
    active: true,
    sub: ada.sub,
    'urn:zitadel:iam:org:project:roles': ada.roles,
  })
  await idp.revoke(token, app)
  expect(await client.tokenIntrospection(config, token)).toEqual({ active: false })
})
