import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openAccount } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { openStage, type Stage } from './stage.ts'

let stage: Stage
/** One that listens to the network, where accounts must not reach into it. */
let open: TestCockpit
beforeAll(async () => {
  stage = await openStage()
  open = await startCockpit({ HOST: '0.0.0.0', COCKPIT_PUBLIC_URL: 'https://cockpit.example.com' })
})
afterAll(async () => {
  await open?.stop()
  await stage?.stop()
})

describe('the test of a provider', () => {
  test('of right settings is green in every step, and what was saved remembers it', async () => {
    const { api, id } = await stage.accountWithProvider()
    const done = await api.sso.test({ body: {} })
    expect(Object.fromEntries(done.steps.map(({ step, state }) => [step, state]))).toEqual({
      discovery: 'ok',
      keys: 'ok',
      clock: 'ok',
      redirect_uri: 'ok',
      client: 'ok',
      sign_out: 'ok',
    })
    expect((await api.sso.get()).lastTest).toEqual(done)
    const told = await stage.cockpit.database.query(
      "select after from events where name = 'sso.tested' and account_id = $1",
      [id],
    )
    expect(told).toEqual([{ after: { ok: true, reason: null } }])
  })

  test.each([
    ['a secret that is wrong', { clientSecret: 'wrong' }, 'client', /refuses the client id or the secret/],
    [
      'a redirect URI nobody registered',
      { clientId: 'other' },
      'redirect_uri',
      /Register http.*\/v1\/auth\/callback\/acc_/,
    ],
    ['an issuer that is no provider', { issuer: 'http://127.0.0.1:1023' }, 'discovery', /Nothing listens/],
    ['an issuer with a path too many', { issuer: 'wrong-path' }, 'discovery', /not from|does not answer as/],
  ])('of %s says which step fails and what to do', async (_, wrong, step, reason) => {
    const { api } = await stage.accountWithProvider()
    stage.own.client({ client_id: 'other', client_secret: 'other', redirect_uris: ['http://127.0.0.1/other'] })
    const body = 'issuer' in wrong && wrong.issuer === 'wrong-path' ? { issuer: `${stage.own.issuer}/realm` } : wrong
    const { ok, steps } = await api.sso.test({ body })
    expect(ok).toBe(false)
    const failed = steps.find((one) => one.step === step)
    expect(failed).toMatchObject({ state: 'failed', detail: expect.stringMatching(reason) })
    expect((await api.sso.get()).lastTest, 'settings that are not saved leave no trace').toBeNull()
  })

  test('of a provider whose clock is wrong, or that names another issuer, says so', async () => {
    const { api } = await stage.accountWithProvider()
    stage.own.faults.clockMs = 300_000
    const { steps } = await api.sso.test({ body: {} })
    delete stage.own.faults.clockMs
    expect(steps.find(({ step }) => step === 'clock')).toMatchObject({
      state: 'failed',
      detail: expect.stringMatching(/^The clock of the provider is (299|300|301) s ahead/),
    })
    const fresh = await stage.accountWithProvider()
    stage.own.faults.discovery = (document) => ({ ...document, issuer: 'https://evil.example' })
    const other = await fresh.api.sso.test({ body: {} })
    delete stage.own.faults.discovery
    expect(other.steps[0]).toMatchObject({ step: 'discovery', state: 'failed' })
  })

  test('never sends a kept secret to another provider', async () => {
    const { api, clientSecret } = await stage.accountWithProvider()
    const { steps } = await api.sso.test({ body: { issuer: stage.zitadel.issuer } })
    expect(steps.find(({ step }) => step === 'client')?.detail).toMatch(/No client secret/)
    expect(JSON.stringify(steps)).not.toContain(clientSecret)
  })
})

describe('an issuer inside the own network', () => {
  test.each([
    'http://127.0.0.1:9',
    'https://169.254.169.254',
    'https://localhost',
    'https://[::1]:8443',
    'https://10.0.0.7',
  ])('%s is refused for accounts where Cockpit serves a network', async (issuer) => {
    const { api } = await openAccount(open)
    const refused = { code: 'sso.issuer_refused' }
    await expect(api.sso.set({ body: { kind: 'oidc', issuer } })).rejects.toMatchObject(refused)
    await expect(api.sso.test({ body: { kind: 'oidc', issuer, clientId: 'x' } })).rejects.toMatchObject(refused)
  })

  test('plain http and more than an issuer are refused', async () => {
    const { api } = await openAccount(open)
    for (const issuer of [
      'http://login.example.com',
      'https://user:pass@login.example.com',
      'https://x.example.com/?a=b',
    ])
      await expect(api.sso.set({ body: { issuer } }), issuer).rejects.toMatchObject({ code: 'sso.issuer_refused' })
  })

  test('one at which any directory of Microsoft signs in is refused, the own directory is not', async () => {
    const { api } = await openAccount(open)
    const refused = { code: 'sso.issuer_refused' }
    for (const tenant of ['common', 'Organizations', 'consumers'])
      await expect(
        api.sso.set({ body: { issuer: `https://login.microsoftonline.com/${tenant}/v2.0` } }),
        tenant,
      ).rejects.toMatchObject(refused)
    const issuer = 'https://login.microsoftonline.com/8c1b9a52-1d5f-4a2e-9a51-7f2f1f0c6b11/v2.0'
    expect(await api.sso.set({ body: { issuer } })).toMatchObject({ issuer })
  })
})
