import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { environmentHelp } from '@cockpit/contract/environment'
import { describe, expect, test } from 'vitest'
import { ConfigError, parseConfig } from './config.ts'

test('nothing needs to be configured', () => {
  expect(parseConfig({}, [])).toEqual({
    port: 4000,
    host: '127.0.0.1',
    dataDir: resolve('data'),
    databaseUrl: null,
    masterKey: null,
    secretKey: null,
    publicUrl: null,
    trustedProxies: ['127.0.0.0/8', '::1/128'],
    creditsFactor: '1',
    offers: null,
    otlp: null,
    mailServer: null,
    valkeyUrl: null,
    auditKey: null,
    metricsToken: null,
    breakGlassSeal: null,
    identityProvider: null,
    zitadelManagement: { access: null, webhookKeys: [] },
    roles: new Set(['api', 'gateway', 'worker']),
    workers: 1,
  })
})

test('every variable and the role are read, an empty one counts as absent', () => {
  const config = parseConfig(
    {
      PORT: '0',
      HOST: '::',
      COCKPIT_DATA_DIR: '/var/lib/cockpit',
      DATABASE_URL: 'postgres://u:p@db/x',
      COCKPIT_MASTER_KEY: 'k'.repeat(16),
      COCKPIT_SECRET_KEY: 's'.repeat(32),
      COCKPIT_PUBLIC_URL: 'https://cockpit.example/',
      CREDITS_FACTOR: '',
    },
    ['--role', 'api,worker'],
  )
  expect(config).toEqual({
    port: 0,
    host: '::',
    dataDir: '/var/lib/cockpit',
    databaseUrl: 'postgres://u:p@db/x',
    masterKey: 'k'.repeat(16),
    secretKey: 's'.repeat(32),
    publicUrl: 'https://cockpit.example',
    trustedProxies: ['127.0.0.0/8', '::1/128'],
    creditsFactor: '1',
    offers: null,
    otlp: null,
    mailServer: null,
    valkeyUrl: null,
    auditKey: null,
    metricsToken: null,
    breakGlassSeal: null,
    identityProvider: null,
    zitadelManagement: { access: null, webhookKeys: [] },
    roles: new Set(['api', 'worker']),
    workers: 1,
  })
})

test('workers are counted by the variable, and by the option before it; auto is one for each core', () => {
  expect(parseConfig({ COCKPIT_WORKERS: '3' }, []).workers).toBe(3)
  expect(parseConfig({ COCKPIT_WORKERS: '3' }, ['--workers', '2']).workers).toBe(2)
  expect(parseConfig({}, ['--workers=auto']).workers).toBe(Math.min(64, availableParallelism()))
})

describe('one sentence names what is wrong and shows what would be right:', () => {
  test.each([
    ['PORT', 'http', 'PORT must be a whole number from 0 to 65535, for example PORT=8080.'],
    ['PORT', '70000', 'PORT must be a whole number from 0 to 65535, for example PORT=8080.'],
    ...['office', '10.0.0.0/33', '10.0.0.1/8', ','].map((value) => [
      'COCKPIT_TRUSTED_PROXIES',
      value,
      'COCKPIT_TRUSTED_PROXIES must be addresses or networks, separated by commas, for example COCKPIT_TRUSTED_PROXIES=10.0.0.0/8,127.0.0.1.',
    ]),
    ['HOST', 'not a host', 'HOST must be an address or a host name, for example HOST=0.0.0.0.'],
    [
      'DATABASE_URL',
      'mysql://hunter2@db/x',
      'DATABASE_URL must be the URL of a PostgreSQL 15 or newer, for example DATABASE_URL=postgres://cockpit:password@db.example.com/cockpit.',
    ],
    [
      'COCKPIT_MASTER_KEY',
      'hunter2',
      'COCKPIT_MASTER_KEY must have at least 16 characters, for example COCKPIT_MASTER_KEY=mk_9fJ2mQ7sXc4Lr8Wd.',
    ],
    [
      'COCKPIT_BREAK_GLASS',
      'hunter2',
      'COCKPIT_BREAK_GLASS must be the seal that `cockpit break-glass seal` prints, for example COCKPIT_BREAK_GLASS=sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae.',
    ],
    [
      'COCKPIT_SECRET_KEY',
      'hunter2',
      'COCKPIT_SECRET_KEY must be 32 bytes in base64, or a text of at least 32 characters, for example COCKPIT_SECRET_KEY=q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=.',
    ],
    [
      'COCKPIT_PUBLIC_URL',
      'cockpit.example',
      'COCKPIT_PUBLIC_URL must be an http or https origin without a path, for example COCKPIT_PUBLIC_URL=https://cockpit.example.com.',
    ],
    [
      'CREDITS_FACTOR',
      'much',
      'CREDITS_FACTOR must be a decimal number with at most 4 places, e.g. "1.2", for example CREDITS_FACTOR=1.2.',
    ],
  ])('%s=%s', (name, value, sentence) => {
    expect(() => parseConfig({ [name]: value }, [])).toThrow(new ConfigError(sentence))
  })
  test.each(['ZITADEL_TYPO', 'COCKPIT_MASTER_KEYS', 'ZITADEL_ALLOW_UNVERIFIED_DECODE'])('%s', (name) => {
    const sentence = `${name} is no variable of Cockpit; correct its name or remove it (npx cockpit help lists them all).`
    expect(() => parseConfig({ [name]: 'a value' }, [])).toThrow(new ConfigError(sentence))
    expect(() => parseConfig({ [name]: ' ' }, [])).not.toThrow()
  })
  test('an identity provider without an audience', () => {
    for (const name of ['ZITADEL_ISSUER', 'ZITADEL_ISSUER_URL'])
      expect(() => parseConfig({ [name]: 'https://id.example.com' }, [])).toThrow(
        new ConfigError(
          'ZITADEL_ISSUER needs ZITADEL_AUDIENCE, or tokens for every other application of the provider would open this one, for example ZITADEL_AUDIENCE=260000000000000001.',
        ),
      )
    expect(() => parseConfig({ ZITADEL_ENABLED: 'true' }, [])).toThrow('ZITADEL_ENABLED needs ZITADEL_ISSUER')
  })
  test('--role', () => {
    expect(() => parseConfig({}, ['--role=api,painter'])).toThrow(
      '--role must name api, gateway, worker or several of them',
    )
    expect(() => parseConfig({}, ['--port=1'])).toThrow('The options of the start are --role and --workers')
  })
})

test('names that other programs and Kubernetes give are not taken for settings', () => {
  const services = ['COCKPIT_SERVICE_HOST', 'COCKPIT_SERVICE_PORT_HTTP', 'COCKPIT_PORT', 'ZITADEL_PORT_8080_TCP_ADDR']
  for (const name of [...services, 'COCKPIT_URL', 'COCKPIT_TOKEN', 'ZITADEL_TEST_ISSUER', 'COCKPITS'])
    expect(() => parseConfig({ [name]: 'x' }, []), name).not.toThrow()
})

test('a variable is also read by the other name it has', () => {
  const company = { ZITADEL_ISSUER_URL: 'https://id.example.com', ZITADEL_AUDIENCE: '1' }
  const keys = 'https://keys.example.com/jwks'
  const { identityProvider } = parseConfig(
    { ...company, ZITADEL_JWKS_URI: keys, ZITADEL_SUPER_ADMIN_ROLES: 'Root' },
    [],
  )
  expect(identityProvider).toMatchObject({ jwksUrl: keys, superAdminRoleKeys: ['root'] })
  const both = { ZITADEL_JWKS_URI: `${keys}/other`, ZITADEL_JWKS_URL: keys, ZITADEL_SUPER_ADMIN_ROLE_KEYS: 'chief' }
  expect(parseConfig({ ...company, ...both, ZITADEL_SUPER_ADMIN_ROLES: 'root' }, []).identityProvider).toMatchObject({
    jwksUrl: keys,
    superAdminRoleKeys: ['chief'],
  })
})

test('a mail server is one with a sender, encrypted unless it says otherwise', () => {
  const from = { COCKPIT_SMTP_FROM: 'The Cockpit <cockpit@example.com>' }
  const serverOf = (url: string) => parseConfig({ ...from, COCKPIT_SMTP_URL: url }, []).mailServer
  expect(serverOf('smtps://ada%40example.com:p%40ss@smtp.example.com')).toEqual({
    ...{ host: 'smtp.example.com', port: 465, security: 'tls', login: { user: 'ada@example.com', password: 'p@ss' } },
    ...{ fromAddress: 'cockpit@example.com', fromName: 'The Cockpit', replyTo: null },
  })
  expect(serverOf('smtp://smtp.example.com')).toMatchObject({ port: 587, security: 'starttls', login: null })
  expect(serverOf('smtp://[::1]:1025/?security=none')).toMatchObject({ host: '::1', port: 1025, security: 'none' })
  expect(parseConfig(from, []).mailServer).toBeNull()
  expect(() => parseConfig({ COCKPIT_SMTP_URL: 'smtp://smtp.example.com' }, [])).toThrow('COCKPIT_SMTP_FROM')
  expect(() => serverOf('smtp://u:p@smtp.example.com?security=none')).toThrow('without a password')
  expect(() => serverOf('smtp.example.com:587')).toThrow('COCKPIT_SMTP_URL must be')
  for (const wrong of ['Cockpit', 'Cockpit\r\nBcc: <a@example.com>', 'Cockpit <a@b> <c@example.com>'])
    expect(() => parseConfig({ COCKPIT_SMTP_FROM: wrong }, []), wrong).toThrow('COCKPIT_SMTP_FROM must be')
})

test('every example that is shown is accepted, and every variable is described', () => {
  for (const { name, description, example } of environmentHelp()) {
    expect(description).not.toBe('')
    const company = name.startsWith('ZITADEL_')
      ? {
          ZITADEL_ISSUER: 'https://id.example.com',
          ZITADEL_AUDIENCE: '1',
          ZITADEL_CLIENT_ID: '2',
          ZITADEL_CLIENT_SECRET: '3',
        }
      : { COCKPIT_SMTP_FROM: 'cockpit@example.com' }
    expect(() => parseConfig({ ...company, [name]: example }, [])).not.toThrow()
  }
})

test('an identity provider is one with an issuer and an audience, unless it is switched off', () => {
  const both = { ZITADEL_ISSUER_URL: 'https://id.example.com', ZITADEL_AUDIENCE: '1, 2' }
  expect(parseConfig({}, []).identityProvider).toBeNull()
  expect(parseConfig({ ...both, ZITADEL_ENABLED: 'false' }, []).identityProvider).toBeNull()
  expect(parseConfig({ ...both, ZITADEL_SUPER_ADMIN_ROLE_KEYS: 'Root' }, []).identityProvider).toMatchObject({
    issuer: 'https://id.example.com',
    audiences: ['1', '2'],
    client: null,
    superAdminRoleKeys: ['root'],
    accountAdminRoleKeys: undefined,
  })
})

test('Zitadel is provisioned with a token or as a client, at an address', () => {
  const { zitadelManagement: byToken } = parseConfig(
    {
      ZITADEL_MGMT_API_BASE_URL: 'https://id.example.com/management/v1/',
      ZITADEL_MGMT_API_TOKEN: 'pat-0123456789',
      ZITADEL_WEBHOOK_SECRET: 'first-key, second-key',
    },
    [],
  )
  expect(byToken).toEqual({
    access: { baseUrl: 'https://id.example.com', credentials: { kind: 'token', token: 'pat-0123456789' } },
    webhookKeys: ['first-key', 'second-key'],
  })
  const client = { ZITADEL_CLIENT_ID: 'cockpit', ZITADEL_CLIENT_SECRET: 'secret' }
  const asClient = parseConfig({ ZITADEL_MGMT_API_BASE_URL: 'https://id.example.com', ...client }, [])
  expect(asClient.zitadelManagement.access?.credentials).toMatchObject({
    kind: 'client_credentials',
    clientId: 'cockpit',
  })
  // a client alone may be there to introspect tokens
  expect(parseConfig(client, []).zitadelManagement.access).toBeNull()
  expect(() => parseConfig({ ZITADEL_MGMT_API_BASE_URL: 'https://id.example.com' }, [])).toThrow(
    /ZITADEL_MGMT_API_TOKEN/,
  )
})
