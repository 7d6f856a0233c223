import { createHmac, randomBytes } from 'node:crypto'
import { exportJWK, exportSPKI, generateKeyPair, type JWK, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { expect, test } from 'vitest'
import type { Log } from '../../platform/index.ts'
import { quietLog, testDatabase } from '../../platform/testing.ts'
import { createTokens, type IssuerHttp, standardClaimNames } from './index.ts'

const { db, query } = await testDatabase()
const pair = async (alg = 'RS256') => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const kid = randomBytes(4).toString('hex')
  return { alg, kid, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } as JWK }
}
type Pair = Awaited<ReturnType<typeof pair>>
const [first, second] = await Promise.all([pair(), pair('ES256')])

const moment = () => new Promise((resolve) => setTimeout(resolve, 20))
const startedAt = new Date('2027-01-10T10:00:00Z').getTime()

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'

/** A tokens room whose issuer, clock and answers the test holds in its hands. */
const room = (options: { client?: boolean; jwksUrl?: string } = {}) => {
  const issuer = `https://${randomBytes(6).toString('hex')}.example`
  const state = {
    at: startedAt,
    keys: [first.jwk],
    keysPath: 'keys',
    down: false,
    introspected: {} as Record<string, unknown>,
    userinfo: {} as Record<string, unknown>,
    asked: [] as string[],
  }
  const asked = (url: string) => {
    state.asked.push(url.replace(issuer, ''))
    if (state.down) throw new Error('it does not answer')
  }
  const http: IssuerHttp = {
    async get(url) {
      asked(url)
      if (url === `${issuer}/${state.keysPath}`) return { status: 200, body: { keys: state.keys } }
      if (url.endsWith('/keys')) return { status: 404, body: null }
      if (url.endsWith('/userinfo')) return { status: 200, body: state.userinfo }
      const [jwks_uri, introspection_endpoint, userinfo_endpoint] = [state.keysPath, 'introspect', 'userinfo'].map(
        (name) => `${issuer}/${name}`,
      )
      return { status: 200, body: { issuer, jwks_uri, introspection_endpoint, userinfo_endpoint } }
    },
    async post(url, { form }) {
      asked(url)
      return { status: 200, body: state.introspected[form.token ?? ''] ?? { active: false } }
    },
  }
  const told: { reason: string }[] = []
  const log: Log = Object.create(quietLog, { info: { value: (facts: { reason: string }) => told.push(facts) } })
  const tokens = createTokens({
    db,
    now: () => new Date(state.at),
    log,
    http,
    accountIssuers: { find: async () => [], linked: async () => null, onChange: async () => () => {} },
    allowPrivateTargets: false,
    settings: {
      installation: {
        issuer,
        audiences: ['cockpit'],
        jwksUrl: null,
        client: options.client ? { id: 'cockpit', secret: 's' } : null,
        accountId: null,
      },
      names: standardClaimNames,
      secrets: [],
    },
  })
  const claims = (differs: JWTPayload = {}): JWTPayload => ({
    iss: issuer,
    sub: '1001',
    aud: ['cockpit'],
    azp: 'app',
    iat: state.at / 1000,
    exp: state.at / 1000 + 3600,
    jti: randomBytes(8).toString('hex'),
    ...differs,
  })
  const signed = (differs?: JWTPayload, { alg, kid, privateKey }: Pair = first) =>
    new SignJWT(claims(differs)).setProtectedHeader({ alg, kid }).sign(privateKey)
  /** Why it was refused, as the log tells it: never to the caller, and never with the token. */
  const reason = async (token: string) => {
    expect(await tokens.verify(token, 'api')).toBeNull()
    const last = told.at(-1)
    expect(JSON.stringify(last)).not.toContain(token.split('.')[2] || token)
    return last?.reason
  }
  return { issuer, state, tokens, claims, signed, reason }
}

test('a genuine token for us tells who it is about, and is not looked at twice', async () => {
  const { tokens, signed, state } = room()
  const token = await signed({
    email: 'Ada@Acme.Example',
    email_verified: true,
    'urn:zitadel:iam:user:resourceowner:id': '2001',
    'urn:zitadel:iam:org:project:cockpit:roles': {
      account_admin: { '2001': 'acme.example', '2002': 'other.example' },
    },
    scope: 'openid profile',
    product_domains_allowed: ['copilot'],
  })
  const verified = await tokens.verify(token, 'api')
  expect(verified).toMatchObject({
    client: 'app',
    scopes: ['openid', 'profile'],
    productDomains: ['copilot'],
    claims: {
      subject: '1001',
      email: 'ada@acme.example',
      emailVerified: true,
      orgId: '2001',
      roles: [{ key: 'account_admin', orgIds: ['2001', '2002'] }],
    },
  })
  const asked = state.asked.length
  expect(await tokens.verify(token, 'gateway')).toBe(verified)
  state.down = true
  expect(await tokens.verify(token, 'gateway')).toBe(verified)
  expect(state.asked).toHaveLength(asked)
  state.at += 3610_000
  expect(await tokens.verify(token, 'api')).toBeNull()
})

test.each([
  ['meant for another application', { aud: 'elsewhere' }, 'audience'],
  ['meant for nobody', { aud: undefined }, 'audience'],
  ['that has expired', { exp: startedAt / 1000 - 10 }, 'expired'],
  ['that never ends', { exp: undefined }, 'claims'],
  ['that is not in force yet', { nbf: startedAt / 1000 + 60 }, 'not_yet_valid'],
  ['that will be issued tomorrow', { iat: startedAt / 1000 + 86_400, exp: startedAt / 1000 + 90_000 }, 'not_yet_valid'],
  ['about nobody', { sub: undefined }, 'claims'],
  ['of another issuer', { iss: 'https://evil.example' }, 'issuer_unknown'],
  ['without an issuer', { iss: undefined }, 'issuer_unknown'],
  ['that is an ID token', { nonce: 'n' }, 'id_token'],
  ['that Keycloak calls an ID token', { typ: 'ID' }, 'id_token'],
  ['that tells of the end of a login', { events: { [logoutEvent]: {} } }, 'claims'],
  ['that Keycloak calls a logout token', { typ: 'Logout' }, 'claims'],
] as const)('a token %s is refused', async (_, differs, reason) => {
  const at = room()
  expect(await at.reason(await at.signed(differs as JWTPayload))).toBe(reason)
})

test.each(['logout+jwt', 'Logout+JWT', 'application/logout+jwt'])(
  'a token whose header says %s is refused',
  async (typ) => {
    const at = room()
    const { alg, kid, privateKey } = first
    const sign = (header: { typ?: string }) =>
      new SignJWT(at.claims()).setProtectedHeader({ alg, kid, ...header }).sign(privateKey)
    expect(await at.reason(await sign({ typ }))).toBe('claims')
    expect(await at.tokens.verify(await sign({ typ: 'at+jwt' }), 'api')).not.toBeNull()
  },
)

test('a token without a signature is refused, whatever it calls its algorithm', async () => {
  const at = room()
  const none = new UnsecuredJWT(at.claims()).setExpirationTime('1h').encode()
  expect(await at.reason(none)).toBe('algorithm')
  const [, payload] = (await at.signed()).split('.')
  for (const alg of ['none', 'None', 'nOnE', '', 'RS0']) {
    const header = Buffer.from(JSON.stringify({ alg, kid: first.kid })).toString('base64url')
    expect(await at.reason(`${header}.${payload}.`)).toBe('algorithm')
  }
})

test('the public key of the issuer is no secret to sign with', async () => {
  const at = room()
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', kid: first.kid, typ: 'JWT' })).toString('base64url')
  const payload = Buffer.from(JSON.stringify(at.claims())).toString('base64url')
  for (const secret of [await exportSPKI(first.publicKey), JSON.stringify(first.jwk), String(first.jwk.n)]) {
    const signature = createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url')
    expect(await at.reason(`${header}.${payload}.${signature}`)).toBe('algorithm')
  }
})

test('a token with another key’s signature, or a key of its own in its header, is refused', async () => {
  const at = room()
  const forged = await at.signed({}, { ...(await pair()), kid: first.kid })
  expect(await at.reason(forged)).toBe('signature')
  const { privateKey, jwk } = await pair()
  const own = new SignJWT(at.claims()).setProtectedHeader({
    alg: 'RS256',
    kid: first.kid,
    jwk,
    jku: 'https://evil.example',
  })
  expect(await at.reason(await own.sign(privateKey))).toBe('signature')
  const [header, , signature] = (await at.signed()).split('.')
  const other = Buffer.from(JSON.stringify(at.claims({ sub: '1' }))).toString('base64url')
  expect(await at.reason(`${header}.${other}.${signature}`)).toBe('signature')
  expect(await at.reason('eyJhbGciOiJSUzI1NiJ9.bm90IGpzb24.c2ln')).toBe('malformed')
})

test('keys that change without notice are found, and invented key ids do not make it ask again and again', async () => {
  const at = room()
  expect(await at.tokens.verify(await at.signed(), 'api')).not.toBeNull()
  const fetches = () => at.state.asked.filter((url) => url === '/keys').length
  expect(fetches()).toBe(1)
  at.state.keys = [second.jwk, first.jwk]
  expect(await at.reason(await at.signed({}, second))).toBe('key_unknown') // it asked a moment ago
  at.state.at += 30_000
  expect(await at.tokens.verify(await at.signed({}, second), 'api')).not.toBeNull()
  expect(fetches()).toBe(2)
  for (let i = 0; i < 20; i++)
    expect(await at.tokens.verify(await at.signed({}, { ...second, kid: `invented-${i}` }), 'api')).toBeNull()
  expect(fetches()).toBe(2)
})

test('an issuer that moves its keys is found again', async () => {
  const at = room()
  expect(await at.tokens.verify(await at.signed(), 'api')).not.toBeNull()
  at.state.keysPath = 'new-keys'
  for (let i = 0; i < 3; i++) {
    at.state.at += 6 * 60_000
    await at.tokens.verify(await at.signed(), 'api') // asks in the background
    await moment()
  }
  expect(at.tokens.health().keys).toMatchObject({ url: `${at.issuer}/new-keys`, lastError: null })
})

test('a key that was withdrawn stops counting within minutes, and keys outlive an issuer that is down for a while', async () => {
  const at = room()
  expect(await at.tokens.verify(await at.signed(), 'api')).not.toBeNull()
  at.state.down = true
  at.state.at += 6 * 60_000
  expect(await at.tokens.verify(await at.signed(), 'api')).not.toBeNull()
  expect(at.tokens.health().keys?.lastError).toBe('it does not answer')
  at.state.down = false
  at.state.keys = [second.jwk]
  at.state.at += 60_000
  await at.tokens.verify(await at.signed(), 'api') // asks in the background
  await moment()
  expect(await at.tokens.verify(await at.signed(), 'api')).toBeNull()
})

test('an issuer that never answered vouches for nobody', async () => {
  const at = room()
  at.state.down = true
  expect(await at.reason(await at.signed())).toBe('keys_unavailable')
})

test('roles of another project at the issuer do not count', async () => {
  const at = room()
  const roles = { account_admin: { '2001': 'acme.example' } }
  const verified = await at.tokens.verify(
    await at.signed({
      'urn:zitadel:iam:org:project:777:roles': roles,
      'urn:zitadel:iam:org:project:cockpit:roles': { end_user: roles.account_admin },
    }),
    'api',
  )
  expect(verified?.claims.roles).toEqual([{ key: 'end_user', orgIds: ['2001'] }])
})

test('roles of “the project” count for our own clients, and not for whoever else asked for a token for us', async () => {
  const at = room({ client: true })
  const roles = { 'urn:zitadel:iam:org:project:roles': { account_admin: { '2001': 'acme.example' } } }
  const rolesOf = async (azp: string) =>
    (await at.tokens.verify(await at.signed({ ...roles, azp }), 'api'))?.claims.roles
  expect(await rolesOf('wiki-of-somebody')).toEqual([])
  expect(await rolesOf('cockpit')).toEqual([{ key: 'account_admin', orgIds: ['2001'] }])
  const opaque = 'opaque_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'
  at.state.introspected = { [opaque]: { active: true, ...at.claims({ ...roles, azp: 'wiki-of-somebody' }) } }
  expect((await at.tokens.verify(opaque, 'api'))?.claims.roles).toEqual([{ key: 'account_admin', orgIds: ['2001'] }])
})

test('an org is read under names that Zitadel keeps to itself, and not under those that its orgs may give', async () => {
  const at = room()
  const forged = { super_admin: { '9000': 'platform.example' } }
  const verified = await at.tokens.verify(
    await at.signed({
      org_id: '2001',
      org_name: 'Acme',
      roles: forged,
      'acme:roles': { account_admin: { '2001': 'a' } },
    }),
    'api',
  )
  expect(verified?.claims).toMatchObject({
    ...{ orgId: null, orgName: null },
    roles: [
      { key: 'super_admin', orgIds: [] },
      { key: 'account_admin', orgIds: [] },
    ],
  })
})

test('an opaque token is what introspection says, and ends within the time of one more question once revoked', async () => {
  const at = room({ client: true })
  const answer = { active: true, ...at.claims({ email: 'ada@acme.example', email_verified: true }) }
  at.state.introspected = {
    good_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: answer,
    opaque_unsaid_xxxxxxxxxxxxxxxxxxxxxxxxxx: { ...answer, aud: undefined },
    opaque_elsewhere_xxxxxxxxxxxxxxxxxxxxxxx: { ...answer, aud: ['elsewhere'] },
    opaque_foreign_xxxxxxxxxxxxxxxxxxxxxxxxx: { ...answer, iss: 'https://evil.example' },
    opaque_late_xxxxxxxxxxxxxxxxxxxxxxxxxxxx: { ...answer, exp: at.state.at / 1000 },
  }
  expect(await at.tokens.verify('good_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'api')).toMatchObject({
    kind: 'opaque',
    claims: { subject: '1001' },
  })
  expect(await at.reason('opaque_unsaid_xxxxxxxxxxxxxxxxxxxxxxxxxx')).toBe('audience')
  expect(await at.reason('opaque_elsewhere_xxxxxxxxxxxxxxxxxxxxxxx')).toBe('audience')
  expect(await at.reason('opaque_foreign_xxxxxxxxxxxxxxxxxxxxxxxxx')).toBe('issuer_unknown')
  expect(await at.reason('opaque_late_xxxxxxxxxxxxxxxxxxxxxxxxxxxx')).toBe('expired')
  expect(await at.reason('nobody_knows_xxxxxxxxxxxxxxxxxxxxxxxxxxx')).toBe('inactive')
  at.state.down = true
  expect(await at.reason('opaque_another_xxxxxxxxxxxxxxxxxxxxxxxxx')).toBe('introspection_unavailable')
  at.state.at += 21_000
  expect(await at.tokens.verify('good_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'api')).not.toBeNull() // an issuer that is down ends nothing
  await moment()
  at.state.down = false
  at.state.introspected = {}
  at.state.at += 21_000
  await at.tokens.verify('good_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'api') // asks in the background
  await moment()
  expect(await at.tokens.verify('good_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'api')).toBeNull()
})

test('an opaque token whose issuer does not say when it was issued works, and counts as older than any end', async () => {
  const at = room({ client: true })
  const token = 'undated_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'
  at.state.introspected = { [token]: { active: true, ...at.claims(), iat: undefined } }
  expect(await at.tokens.verify(token, 'api')).toMatchObject({ claims: { subject: '1001' }, issuedAtMs: 0 })
})

test('a known opaque token is believed for its grace while the issuer is away, and works again when it is back', async () => {
  const at = room({ client: true })
  const token = 'steady_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'
  at.state.introspected = {
    [token]: { active: true, ...at.claims({ email: 'ada@acme.example', email_verified: true }) },
  }
  const first = await at.tokens.verify(token, 'api')
  for (let second = 0; second < 120; second += 30) {
    at.state.at += 30_000
    expect(await at.tokens.verify(token, 'api'), 'each answer of the issuer begins the grace anew').toBe(first)
    await moment()
  }
  at.state.down = true
  at.state.at += 59_000
  expect(await at.tokens.verify(token, 'api')).toBe(first)
  await moment()
  at.state.at += 2_000
  const asked = () => at.state.asked.length
  await expect(at.tokens.verify(token, 'api')).rejects.toMatchObject({ code: 'auth.issuer_unavailable', status: 503 })
  const before = asked()
  await expect(at.tokens.verify(token, 'api')).rejects.toMatchObject({ code: 'auth.issuer_unavailable' })
  expect(asked(), 'nobody hammers an issuer that is down').toBe(before)
  at.state.down = false
  at.state.at += 6_000
  expect(await at.tokens.verify(token, 'api')).toMatchObject({ claims: { subject: '1001' } })
  at.state.introspected = {}
  at.state.at += 61_000
  expect(await at.tokens.verify(token, 'api'), 'what was not asked about for a grace is asked first').toBeNull()
})

test('without a client of its own it introspects nothing', async () => {
  const at = room()
  expect(await at.reason('opaque_token_xxxxxxxxxxxxxxxxxxxxxxxxxxx')).toBe('introspection_off')
  expect(at.state.asked).toEqual([])
})

test('the same token many times at once is verified once', async () => {
  const at = room({ client: true })
  at.state.introspected = { good_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: { active: true, ...at.claims() } }
  const all = await Promise.all(
    Array.from({ length: 20 }, () => at.tokens.verify('good_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'api')),
  )
  expect(new Set(all).size).toBe(1)
  expect(at.state.asked.filter((url) => url === '/introspect')).toHaveLength(1)
})

test('e-mail and name of a new person come from userinfo, if it speaks of the same person', async () => {
  const at = room()
  const token = await at.signed()
  const verified = await at.tokens.verify(token, 'api')
  if (!verified) throw new Error('it is genuine')
  at.state.userinfo = { sub: '1001', email: 'ada@acme.example', email_verified: true, name: 'Ada' }
  expect(await at.tokens.withProfile(token, verified)).toMatchObject({ email: 'ada@acme.example', name: 'Ada' })
  at.state.userinfo = { sub: '1002', email: 'eve@acme.example', email_verified: true }
  expect(await at.tokens.withProfile(token, verified)).toMatchObject({ email: null })
})

test('a refusal again and again is one line with a count', async () => {
  const at = room()
  for (let i = 0; i < 3; i++) {
    await at.tokens.verify(await at.signed({ aud: 'elsewhere' }), 'gateway')
    await at.tokens.refusals.flush()
  }
  const rows = await query<{ times: bigint; place: string; audience: string[]; client: string }>(
    'select times, place, audience, client from token_refusals where issuer = $1',
    [at.issuer],
  )
  expect(rows).toEqual([{ times: 3n, place: 'gateway', audience: ['elsewhere'], client: 'app' }])
})
