import { expect, test } from 'vitest'
import type { Provider } from '../../modules/sso/index.ts'
import { createConfigurations } from './configuration.ts'
import type { GuardedFetch } from './guarded-fetch.ts'

/** What Microsoft serves at this address. */
const entra = (issuer: string): GuardedFetch => {
  const document = { issuer, authorization_endpoint: 'https://login.microsoftonline.com/x/authorize' }
  return (async () => Response.json(document)) as unknown as GuardedFetch
}
const at = (tenant: string): Provider => ({
  ...{ accountId: 'acc_1', kind: 'oidc', name: 'Entra ID', clientId: 'cockpit', clientSecret: 'secret' },
  ...{ scopes: ['openid'], projects: [], redirectUri: 'https://cockpit.example.com/cb', privateTargets: false },
  issuer: `https://login.microsoftonline.com/${tenant}/v2.0`,
  claims: { email: 'email', name: 'name', roles: 'roles', roleMap: {}, trustEmail: true },
})
const directory = '8c1b9a52-1d5f-4a2e-9a51-7f2f1f0c6b11'

test('an issuer that speaks for every directory of Microsoft is no provider, however it was saved', async () => {
  const configurations = createConfigurations({
    fetch: entra('https://login.microsoftonline.com/{tenantid}/v2.0'),
    now: () => new Date(),
  })
  await expect(configurations.of(at('common'))).rejects.toMatchObject({ reason: 'not_a_provider' })
})

test('a directory is one, also by the name of its domain', async () => {
  const issuer = `https://login.microsoftonline.com/${directory}/v2.0`
  const configurations = createConfigurations({ fetch: entra(issuer), now: () => new Date() })
  for (const tenant of [directory, 'example.com'])
    expect((await configurations.of(at(tenant))).serverMetadata().issuer).toBe(issuer)
})
