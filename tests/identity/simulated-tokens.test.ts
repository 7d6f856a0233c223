/** What a simulation says of the bearer tokens of identity providers, beside what the server answers them. */
import type { SimulateInput } from '@cockpit/contract/access'
import type { AccountRole, Route } from '@cockpit/contract/kit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { doors, harmless } from '../access/doors.ts'
import { password, signIn } from '../support/account.ts'
import { openStage, type Stage, subject } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage?.stop())

type Account = Awaited<ReturnType<Stage['accountWithProvider']>>
type Way = 'account_provider_token' | 'identity_provider_token'
type Claims = Record<string, unknown>

/** Somebody of the account, and new tokens of theirs. */
const member = async (acme: Account, role: AccountRole) => {
  const [sub, email] = [subject(), `${role.replace('_', '-')}-${subject()}@${acme.domain}`]
  const { id } = await acme.api.users.create({ body: { email, name: 'Ada', role } })
  // who they are there was seen at an earlier sign-in
  for (const issuer of [`${acme.id} ${stage.own.issuer}`, stage.zitadel.issuer])
    await stage.cockpit.database.query(
      `insert into user_identities (issuer, subject, user_id, email, created_at, last_seen_at) values ($1, $2, $3, $4, now(), now())`,
      [issuer, sub, id, email],
    )
  const clientId = `cockpit-${acme.tag}`
  const claims = { email, email_verified: true }
  const tokens = {
    account_provider_token: (more: Claims) => {
      const person = stage.own.person({ sub, email, name: 'Ada', claims: { ...claims, ...more } })
      return stage.own.token({ person, clientId, audience: clientId })
    },
    identity_provider_token: (more: Claims) => {
      const person = stage.zitadel.person({ sub, email, name: 'Ada', claims: { ...claims, ...more } })
      return stage.zitadel.token({ person, clientId: 'cockpit', scope: 'openid email' })
    },
  }
  return { id, email, token: (way: Way, more: Claims = {}) => tokens[way](more) }
}
type Member = Awaited<ReturnType<typeof member>>

/** What somebody proves themselves with is refused by what it is, to whoever came by the provider of an account. */
const isBehindTheDoor = ({ path }: Route) => path.startsWith('/v1/me/passkeys/')

/** Where the simulation and the server say different things, by every kind of door; and which refusals there were. */
const compared = async (
  acme: Account,
  who: Member,
  way: Way,
  more: { claims?: Claims; ask?: Partial<SimulateInput> } = {},
) => {
  const token = await who.token(way, more.claims)
  const headers = { authorization: `Bearer ${token}`, 'x-account-id': acme.id }
  const disagreements: string[] = []
  const codes = new Set<string>()
  let passed = 0
  for (const route of doors.filter((door) => !isBehindTheDoor(door))) {
    const { line, body } = harmless(route)
    const real = await stage.cockpit.send(line, { headers, body })
    const type = real.status < 400 ? null : JSON.parse(real.text).type
    const refused = [401, 403].includes(real.status) || type === 'account.required'
    const code = refused ? type : null
    const call = { method: route.method, path: route.path }
    const question = { principal: { kind: 'user' as const, id: who.id }, route: call, cameBy: way, ...more.ask }
    const said = await acme.api.access.simulate({ body: question })
    if (said.code) codes.add(said.code)
    if (said.allowed) passed += 1
    if (said.code !== code && (refused || !said.allowed))
      disagreements.push(`${line} → ${real.status} ${code}, simulated ${said.code}`)
  }
  expect(disagreements).toEqual([])
  return { codes: [...codes].sort(), passed }
}

/** Somebody who may write the settings of sign-in and no more saves them, so that the provider is believed less. */
const believedLess = async (acme: Account) => {
  const email = `keeper-${acme.tag}@example.com`
  const { id } = await acme.api.users.create({ body: { email, name: 'Keeper', role: 'member', password } })
  const role = await acme.api.roles.create({
    body: { name: 'Keeper', permissions: ['identity.read', 'identity.write'] },
  })
  await acme.api.roleAssignments.create({ body: { principal: { kind: 'user', id }, role: role.id } })
  const body = { claims: { roles: 'hobbies' } }
  expect((await stage.cockpit.send('POST /v1/sso', { headers: await signIn(stage.cockpit, email), body })).status).toBe(
    200,
  )
}

const denied = ['access.denied']
type Case = {
  of: string
  way: Way
  role: AccountRole
  arrange?: (acme: Account, who: Member) => Promise<unknown>
  claims?: () => Claims
  ask?: Partial<SimulateInput>
  codes: string[]
  none?: boolean
}
const own = 'account_provider_token' as const
const lately = () => ({ auth_time: Math.floor(Date.now() / 1000) - 60, amr: ['mfa'] })
const cases: Case[] = [
  { of: 'a member, by the provider of the account', way: own, role: 'member', codes: denied },
  { of: 'an admin, by the provider of the account', way: own, role: 'account_admin', codes: denied },
  {
    of: 'an admin, by the provider of the installation',
    way: 'identity_provider_token',
    role: 'account_admin',
    codes: denied,
  },
  {
    of: 'an admin, where the account lets people in by its own provider only',
    way: own,
    role: 'account_admin',
    arrange: ({ id }) =>
      stage.cockpit.database.query('update sso_configs set required = true where account_id = $1', [id]),
    codes: denied,
  },
  {
    of: 'an admin by the provider of the installation, where only that of the account lets in',
    way: 'identity_provider_token',
    role: 'account_admin',
    arrange: ({ id }) =>
      stage.cockpit.database.query('update sso_configs set required = true where account_id = $1', [id]),
    codes: ['access.denied', 'account.required'],
  },
  {
    of: 'an admin, where tokens must tell of a fresh sign-in and this does not',
    way: own,
    role: 'account_admin',
    arrange: ({ api }) => api.security.update({ body: { freshTokens: true } }),
    codes: ['access.denied', 'auth.step_up_required'],
  },
  {
    of: 'an admin, where tokens must tell of a fresh sign-in with a second factor and this does',
    way: own,
    role: 'account_admin',
    arrange: ({ api }) =>
      api.security.update({ body: { freshTokens: true, secondFactor: 'everyone', secondFactorGraceDays: 0 } }),
    claims: lately,
    ask: { confirmed: true },
    codes: denied,
  },
  {
    of: 'an admin outside the networks of the account',
    way: own,
    role: 'account_admin',
    arrange: ({ api }) => api.networks.update({ body: { people: [{ network: '203.0.113.0/24', note: '' }] } }),
    ask: { from: '127.0.0.1' },
    codes: ['network.not_allowed'],
    none: true,
  },
  {
    of: 'somebody suspended',
    way: own,
    role: 'member',
    arrange: async ({ api }, { id }) => {
      await api.users.update({ params: { id }, body: { status: 'suspended' } })
      // as if it had been a while ago: tokens from before it are ended
      await stage.cockpit.database.query(
        `update users set tokens_valid_from = now() - interval '1 minute' where id = $1`,
        [id],
      )
    },
    codes: ['account.suspended'],
  },
  {
    of: 'an admin about whom the provider is not believed',
    way: own,
    role: 'account_admin',
    arrange: believedLess,
    codes: ['auth.required'],
    none: true,
  },
  {
    of: 'an admin, where the provider is turned off',
    way: own,
    role: 'account_admin',
    arrange: ({ api }) => api.sso.set({ body: { enabled: false } }),
    codes: ['auth.required'],
    none: true,
  },
]

test.each(cases)(
  'a simulated token of $of opens what the server lets it open',
  async ({ way, role, arrange, claims, ask, codes, none = false }) => {
    const acme = await stage.accountWithProvider()
    const ada = await member(acme, role)
    await arrange?.(acme, ada)
    const seen = await compared(acme, ada, way, { claims: claims?.() ?? {}, ...(ask && { ask }) })
    expect(seen.codes).toEqual(codes)
    expect(seen.passed === 0).toBe(none)
  },
  120_000,
)

test('a token that was known before opens nothing once its person has risen above the writer of the provider', async () => {
  const acme = await stage.accountWithProvider()
  const ada = await member(acme, 'member')
  await believedLess(acme)
  const headers = { authorization: `Bearer ${await ada.token(own)}` }
  const me = async () => (await stage.cockpit.send('GET /v1/me/context', { headers })).status
  expect(await me()).toBe(200)
  await acme.api.users.update({ params: { id: ada.id }, body: { role: 'account_admin' } })
  expect(await me()).toBe(401)
  const question = { principal: { kind: 'user' as const, id: ada.id }, permission: 'key.read' as const, cameBy: own }
  const said = await acme.api.access.simulate({ body: question })
  expect(said).toMatchObject({ allowed: false, code: 'auth.required', rule: 'sign_in' })
})
