import type { SimulateInput } from '@cockpit/contract/access'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { signIn } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { doors, harmless, routes, skipped } from './doors.ts'
import { openStage, type Stage } from './stage.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

type Arrange = (stage: Stage, userId: string) => Promise<unknown>
type Asked = {
  who: string
  arrange: Arrange
  question: Partial<SimulateInput>
  code: string
  free: Partial<SimulateInput>
}
const users = { route: { method: 'GET', path: '/v1/users' } } as const
/** What is asked of people before their rights are: each in force for an administrator who came in with a password. */
const asked: Asked[] = [
  {
    who: 'who must add a second factor first',
    arrange: ({ api }) => api.security.update({ body: { secondFactor: 'everyone', secondFactorGraceDays: 0 } }),
    question: { confirmed: true },
    code: 'auth.second_factor_required',
    free: { ...users, cameBy: 'identity_provider' },
  },
  {
    who: 'whose password is too old',
    arrange: async ({ api }, id) => {
      await api.security.update({ body: { passwordAgeDaysMax: 30 } })
      await cockpit.database.query("update users set password_changed_at = now() - interval '31 days' where id = $1", [
        id,
      ])
    },
    question: { confirmed: true },
    code: 'auth.password_expired',
    free: { ...users, cameBy: 'passkey' },
  },
  {
    who: 'outside the networks of the account',
    arrange: ({ api }) => api.networks.update({ body: { people: [{ network: '203.0.113.0/24', note: '' }] } }),
    question: { confirmed: true, from: '127.0.0.1' },
    code: 'network.not_allowed',
    free: { ...users, from: '203.0.113.9' },
  },
  {
    who: 'whose account lets people in by its own provider only',
    arrange: ({ id }) =>
      cockpit.database.query(
        `insert into sso_configs (account_id, kind, name, issuer, client_id, scopes, claims, enabled, required, created_at, updated_at)
         values ($1, 'oidc', 'Own', 'https://idp.example.com', 'cockpit', '{}', '{}', true, true, now(), now())`,
        [id],
      ),
    question: { confirmed: true },
    code: 'auth.sso_required',
    free: { route: { method: 'DELETE', path: '/v1/sessions/current' } },
  },
  {
    who: 'whose proof is older than a quarter of an hour',
    arrange: (_, id) =>
      cockpit.database.query(
        "update sessions set authenticated_at = now() - interval '16 minutes' where user_id = $1",
        [id],
      ),
    question: {},
    code: 'auth.step_up_required',
    free: { route: { method: 'PATCH', path: '/v1/security' }, confirmed: true },
  },
]

describe('a simulation', () => {
  test('says of every route, for people of every kind, what the server then answers', async () => {
    const { boss, api, person, id: accountId } = await openStage(cockpit)
    const team = await api.teams.create({ body: { name: 'Mine' } })
    const give = (principal: object, role: string, scope?: object) =>
      boss('POST /v1/role-assignments', { principal, role, ...(scope && { scope }) })
    const [user, member, lead, both, denied, suspended] = [
      await person('end_user'),
      await person('member'),
      await person('end_user', [team.id]),
      await person('billing_admin'),
      await person('account_admin'),
      await person('console_admin'),
    ]
    await give({ kind: 'user', id: lead.id }, 'team_admin', { type: 'team', id: team.id })
    const role = (await boss('POST /v1/roles', { name: 'Auditor', permissions: ['audit.read', 'access.read'] })).body
    await give({ kind: 'user', id: both.id }, role.id)
    const rule = {
      subject: { kind: 'user', id: denied.id },
      permissions: ['key.write_own', 'directory.read'],
      reason: 'x',
    }
    await boss('POST /v1/deny-rules', rule)
    await api.users.update({ params: { id: suspended.id }, body: { status: 'suspended' } })
    const key = await api.keys.create({ body: { name: 'k', owner: { kind: 'user', id: user.id } } })

    const asked = routes.filter((route) => !skipped(route))
    expect(asked.length).toBeGreaterThan(90)
    const principals = [
      ...[user, member, lead, both, denied, suspended].map(({ id, email }) => ({
        principal: { kind: 'user', id },
        email,
      })),
      { principal: { kind: 'key', id: key.id }, email: null },
    ]
    const disagreements: string[] = []
    for (const { principal, email } of principals) {
      const headers: Record<string, string> = email
        ? await signIn(cockpit, email).catch(() => ({}))
        : { authorization: `Bearer ${key.secret}` }
      // whoever is suspended everywhere cannot come in at all
      if (Object.keys(headers).length === 0) continue
      for (const route of asked) {
        const { line, body } = harmless(route)
        const real = await cockpit.send(line, { headers, body })
        const call = { method: route.method, path: route.path }
        // who just signed in has just proven who they are
        const said = (await boss('POST /v1/access/simulate', { principal, route: call, confirmed: true })).body
        const refused = [401, 403].includes(real.status)
        if (said.allowed === refused || (refused && said.status !== real.status))
          disagreements.push(
            `${principal.kind} ${email}: ${line} → ${real.status}, simulated ${said.status} ${said.code} ${real.text}`,
          )
      }
    }
    expect(disagreements).toEqual([])
    expect(accountId).toMatch(/^acc_/)
  }, 180_000)

  test('of somebody suspended says so, as the server does to a browser that is still open', async () => {
    const { boss, api, person } = await openStage(cockpit)
    const ada = await person('member')
    await api.users.update({ params: { id: ada.id }, body: { status: 'suspended' } })
    const real = await ada.send('GET /v1/users')
    const principal = { kind: 'user', id: ada.id }
    const said = (await boss('POST /v1/access/simulate', { principal, route: { method: 'GET', path: '/v1/users' } }))
      .body
    expect([said.status, said.allowed]).toEqual([403, false])
    expect([401, 403]).toContain(real.status)
  })

  test('names what decided: the role that gives, the rule that takes, and the part it reaches', async () => {
    const { boss, api, person } = await openStage(cockpit)
    const [mine, other] = [
      await api.teams.create({ body: { name: 'Mine' } }),
      await api.teams.create({ body: { name: 'Other' } }),
    ]
    const lead = await person('end_user', [mine.id])
    const principal = { kind: 'user', id: lead.id }
    await boss('POST /v1/role-assignments', { principal, role: 'team_admin', scope: { type: 'team', id: mine.id } })
    const keyOf = async (teamId: string) => {
      const owner = await person('end_user', [teamId])
      return api.keys.create({ body: { name: 'k', owner: { kind: 'user', id: owner.id } } })
    }
    for (const [key, status] of [
      [await keyOf(mine.id), 200],
      [await keyOf(other.id), 404],
    ] as const) {
      const real = await lead.send(`GET /v1/keys/${key.id}`)
      const said = await boss('POST /v1/access/simulate', {
        principal,
        route: { method: 'GET', path: `/v1/keys/${key.id}` },
        resource: { type: 'key', id: key.id },
      })
      expect([real.status, said.body.status, said.body.rule]).toEqual([status, status, 'resource'])
    }
    const role = await boss('POST /v1/access/simulate', { principal, permission: 'key.write' })
    expect(role.body).toMatchObject({ allowed: true, rule: 'permission' })
    expect(role.body.steps.at(-1).detail).toContain('Team admin in a part')
    const rule = { subject: principal, permissions: ['key.write'], reason: 'On leave' }
    const denied = (await boss('POST /v1/deny-rules', rule)).body
    const taken = (await boss('POST /v1/access/simulate', { principal, permission: 'key.write' })).body
    expect(taken).toMatchObject({ allowed: false, code: 'access.denied' })
    expect(taken.steps.at(-1).detail).toContain(`${denied.id} takes it: On leave`)
  })

  test.each(asked)(
    'says of every route what the server answers $who',
    async ({ arrange, question, code: expected, free }) => {
      const stage = await openStage(cockpit)
      const ada = await stage.person('account_admin')
      const headers = await signIn(cockpit, ada.email)
      await arrange(stage, ada.id)
      const disagreements: string[] = []
      const codes = new Set<string>()
      for (const route of routes.filter((one) => !skipped(one))) {
        const { line, body } = harmless(route)
        const real = await cockpit.send(line, { headers, body })
        const refused = [401, 403].includes(real.status)
        const code = refused ? JSON.parse(real.text).type : null
        const said = await stage.api.access.simulate({
          body: {
            principal: { kind: 'user', id: ada.id },
            route: { method: route.method, path: route.path },
            ...question,
          },
        })
        if (said.code) codes.add(said.code)
        if (said.code !== code && (refused || !said.allowed))
          disagreements.push(`${line} → ${real.status} ${code}, simulated ${said.code}`)
      }
      expect(disagreements).toEqual([])
      expect([...codes]).toContain(expected)
      const still = await stage.api.access.simulate({
        body: { principal: { kind: 'user', id: ada.id }, ...free },
      })
      expect(still).toMatchObject({ allowed: true })
    },
    120_000,
  )

  test('of somebody removed says that nothing of theirs reaches the account, as the server lets nothing do', async () => {
    const [acme, globex] = [await openStage(cockpit), await openStage(cockpit)]
    const [only, both] = [await acme.person('account_admin'), await acme.person('account_admin')]
    await cockpit.database.query(
      `insert into memberships (account_id, user_id, role, status, source, created_at)
       values ($1, $2, 'account_admin', 'active', 'manual', now())`,
      [globex.id, both.id],
    )
    const canary = `Canary ${acme.tag}`
    const team = await acme.api.teams.create({ body: { name: canary } })
    const headers = { ...(await signIn(cockpit, both.email)), 'x-account-id': acme.id }
    const send = acme.sender(headers)
    expect((await send('GET /v1/teams')).body.items).toMatchObject([{ name: canary }])
    for (const { id } of [only, both]) await acme.api.users.remove({ params: { id } })
    const verdicts = []
    for (const { id } of [only, both]) {
      const principal = { kind: 'user', id }
      verdicts.push((await acme.boss('POST /v1/access/simulate', { principal, permission: 'directory.read' })).body)
    }
    for (const said of verdicts) {
      expect(said).toMatchObject({ allowed: false, status: 401, code: 'auth.required', rule: 'principal' })
      expect(said.steps[0].detail).toContain('Whoever belongs to another account is answered there')
    }
    // one of nowhere else is refused, word for word
    const real = await only.send('GET /v1/teams')
    expect([real.status, real.body.type]).toEqual([401, 'auth.required'])
    // one of another account is answered about that one, whichever they ask for, and gets at nothing here
    expect((await send('GET /v1/me/context')).body).toMatchObject({ accountId: globex.id })
    for (const route of doors) {
      const { line, body } = harmless(route)
      const { text } = await cockpit.send(line, { headers, body })
      expect([line, text.includes(canary) || text.includes(acme.id)]).toEqual([line, false])
    }
    expect((await send(`GET /v1/teams/${team.id}`)).status).toBe(404)
  })

  test('knows no principal, route or thing of another account', async () => {
    const [acme, globex] = [await openStage(cockpit), await openStage(cockpit)]
    const foreign = { kind: 'user', id: globex.admin.id }
    const ask = (body: object) => acme.boss('POST /v1/access/simulate', body)
    expect((await ask({ principal: foreign, permission: 'key.read' })).body.type).toBe('user.not_found')
    const own = { kind: 'user', id: acme.admin.id }
    expect((await ask({ principal: own, route: { method: 'GET', path: '/v1/nothing' } })).body.type).toBe(
      'route.not_found',
    )
    const team = await globex.api.teams.create({ body: { name: 'Theirs' } })
    const said = await ask({ principal: own, permission: 'directory.read', resource: { type: 'team', id: team.id } })
    expect(said.body).toMatchObject({ allowed: false, code: 'team.not_found' })
  })
})
