import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { issueKey, openAccount, password, signIn, type TestAccount } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const grant = { grant_type: 'client_credentials' }
type Program = { id: string; credentialId: string; secret: string; acme: TestAccount }

const program = async (role?: 'account_admin' | 'member', acme?: TestAccount): Promise<Program> => {
  const account = acme ?? (await openAccount(cockpit))
  const { id } = await account.api.serviceAccounts.create({ body: { name: `Bot ${Math.random()}` } })
  if (role) await account.api.roleAssignments.create({ body: { principal: { kind: 'service_account', id }, role } })
  const made = await account.api.clientCredentials.create({ params: { id }, body: { name: 'CI' } })
  return { id, credentialId: made.id, secret: made.secret, acme: account }
}
const ask = async (body: Record<string, string> | string, headers: Record<string, string> = {}) => {
  const answer = await fetch(`${cockpit.url}/v1/oauth/token`, {
    method: 'POST',
    headers: { ...form, ...headers },
    body: typeof body === 'string' ? body : new URLSearchParams(body).toString(),
  })
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, string> }
}
const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
})
const fetchToken = async ({ id, secret }: Pick<Program, 'id' | 'secret'>) =>
  (await ask(grant, basic(id, secret))).body.access_token ?? ''
const call = async (token: string, line = 'GET /v1/teams', body?: unknown) => {
  const answer = await cockpit.send(line, { headers: { authorization: `Bearer ${token}` }, body })
  return { status: answer.status, body: answer.text === '' ? null : JSON.parse(answer.text) }
}
const query = (text: string, values: unknown[]) => cockpit.database.query(text, values)

describe('the token endpoint', () => {
  test('gives a bearer for an hour for credentials in the header or in the form, and lets nobody store it', async () => {
    const { id, secret } = await program()
    for (const answer of [
      await ask(grant, basic(id, secret)),
      await ask({ ...grant, client_id: id, client_secret: secret }),
    ]) {
      expect(answer.status).toBe(200)
      expect(answer.body).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 3600 })
      expect(answer.headers.get('cache-control')).toBe('no-store')
    }
  })

  test('tells the account of a client that its secret was wrong, and the platform of a client that nobody has', async () => {
    const { id, acme } = await program()
    const unknown = `sva_${'f'.repeat(24)}${acme.tag}`
    await ask(grant, basic(id, 'ccs_wrong'))
    await ask(grant, basic(unknown, 'ccs_wrong'))
    const told = (accountId: string, clientId: string) =>
      expect
        .poll(
          () =>
            query(
              `select outcome from events where account_id = $1 and name = 'sign_in.failed' and after #>> '{params,clientId}' = $2`,
              [accountId, clientId],
            ),
          { timeout: 10_000 },
        )
        .toEqual([{ outcome: 'denied' }])
    await told(acme.id, id)
    await told('platform', unknown)
  })

  test('refuses in the form of the RFC, and never says whether the client or its secret was wrong', async () => {
    const { id, secret } = await program()
    const other = await program()
    const unknown = await ask(grant, basic('sva_0190f5c27d7a7c3e8f00aa11bb22cc33', secret))
    expect([unknown.status, unknown.body.error]).toEqual([401, 'invalid_client'])
    expect(unknown.headers.get('www-authenticate')).toMatch(/^Basic /)
    expect(unknown.headers.get('cache-control')).toBe('no-store')
    for (const wrong of [
      await ask(grant, basic(id, 'ccs_wrong')),
      await ask(grant, basic(id, other.secret)),
      await ask(grant),
      await ask(grant, { authorization: 'Basic !' }),
    ])
      expect([wrong.status, wrong.body]).toEqual([401, unknown.body])
    const right = basic(id, secret)
    const errors = [
      (await ask({}, right)).body.error,
      (await ask({ grant_type: 'password' }, right)).body.error,
      (await ask('grant_type=client_credentials&grant_type=client_credentials', right)).body.error,
      (await ask({ ...grant, client_secret: secret }, right)).body.error,
      (await ask({ ...grant, client_id: other.id }, right)).body.error,
      (await ask({ ...grant, scope: 'everything' }, right)).body.error,
      (await ask({ ...grant, resource: 'https://elsewhere.example.com' }, right)).body.error,
      (await ask('{}', { ...right, 'content-type': 'application/json' })).body.error,
      (await ask('<a/>', { ...right, 'content-type': 'application/xml' })).body.error,
    ]
    expect(errors).toEqual([
      ...['invalid_request', 'unsupported_grant_type', 'invalid_request', 'invalid_request', 'invalid_request'],
      ...['invalid_scope', 'invalid_target', 'invalid_request', 'invalid_request'],
    ])
    expect((await fetch(`${cockpit.url}/v1/oauth/token`)).status).toBe(405)
    expect((await ask({ ...grant, resource: cockpit.url }, right)).status).toBe(200)
  })

  test('keeps hashes only, and tells the audit log who got a token', async () => {
    const { id, secret, credentialId, acme } = await program()
    const token = await fetchToken({ id, secret })
    const rows = await query(
      `select (select json_agg(c)::text from client_credentials c where account_id = $1)
        || (select json_agg(t)::text from client_tokens t where account_id = $1) as kept`,
      [acme.id],
    )
    expect(rows[0]?.kept).toContain(credentialId)
    expect(rows[0]?.kept).not.toContain(secret.slice(4))
    expect(rows[0]?.kept).not.toContain(token.slice(4))
    const { items } = await acme.api.audit.list({ query: { limit: 5 } })
    expect(items[0]).toMatchObject({ name: 'client_token.issued', actor: { kind: 'service_account', id } })
  })
})

describe('a service account with a token', () => {
  test('may what its roles allow, in its own account only, from the next request on', async () => {
    const { id, secret, acme } = await program()
    const globex = await openAccount(cockpit)
    const token = await fetchToken({ id, secret })
    expect((await call(token)).status).toBe(403)
    const principal = { kind: 'service_account', id } as const
    const given = await acme.api.roleAssignments.create({ body: { principal, role: 'account_admin' } })
    expect((await call(token, 'POST /v1/teams', { name: 'Made by a program' })).status).toBe(201)
    const smuggled = await cockpit.send('GET /v1/teams', {
      headers: { authorization: `Bearer ${token}`, 'x-account-id': globex.id },
    })
    expect(smuggled.headers.get('x-account-id')).toBe(acme.id)
    expect((await call(token, 'GET /v1/accounts')).status).toBe(403)
    expect((await call(token, 'GET /v1/me/context')).body).toMatchObject({
      principal: { kind: 'service_account', id },
      accountId: acme.id,
    })
    await acme.api.roleAssignments.end({ params: { id: given.id } })
    expect((await call(token)).status).toBe(403)
  })

  test('is out at once when the credential is revoked, the service account deleted or the account suspended', async () => {
    const first = await program('member')
    const second = await program('member', first.acme)
    const third = await program('member', first.acme)
    const tokens = await Promise.all([first, second, third].map(fetchToken))
    expect(await Promise.all(tokens.map(async (token) => (await call(token)).status))).toEqual([200, 200, 200])
    const { api } = first.acme
    await api.clientCredentials.revoke({ params: { id: first.id, credentialId: first.credentialId } })
    await api.serviceAccounts.remove({ params: { id: second.id } })
    expect(await Promise.all(tokens.map(async (token) => (await call(token)).status))).toEqual([401, 401, 200])
    for (const gone of [first, second]) expect((await ask(grant, basic(gone.id, gone.secret))).status).toBe(401)
    await cockpit.as().accounts.update({ params: { id: first.acme.id }, body: { status: 'suspended' } })
    expect((await call(tokens[2] ?? '')).body).toMatchObject({ type: 'account.suspended', status: 403 })
    expect((await ask(grant, basic(third.id, third.secret))).status).toBe(401)
  })

  test('is out when its token or its credential has ended', async () => {
    const one = await program('member')
    const token = await fetchToken(one)
    await query('update client_tokens set expires_at = now() where account_id = $1', [one.acme.id])
    expect((await call(token)).status).toBe(401)
    const expiresAt = new Date(Date.now() + 60_000).toISOString()
    const { secret } = await one.acme.api.clientCredentials.create({
      params: { id: one.id },
      body: { name: 'Short', expiresAt },
    })
    expect(Number((await ask(grant, basic(one.id, secret))).body.expires_in)).toBeLessThanOrEqual(60)
  })

  test('opens nothing with its secret alone, and no key of the gateway fetches tokens', async () => {
    const one = await program('member')
    expect((await call(one.secret)).status).toBe(401)
    const key = await issueKey(cockpit, one.acme)
    expect((await ask(grant, basic(one.id, key.secret))).status).toBe(401)
  })

  test('keeps its hundred newest tokens only', async () => {
    const one = await program('member')
    const oldest = await fetchToken(one)
    for (let round = 0; round < 10; round++) await Promise.all(Array.from({ length: 10 }, () => fetchToken(one)))
    expect((await call(oldest)).status).toBe(401)
    const [row] = await query('select count(*)::int as n from client_tokens where account_id = $1', [one.acme.id])
    expect(row?.n).toBe(100)
  })
})

describe('client credentials', () => {
  test('are made by nobody for a service account that may do more than they', async () => {
    const { id, acme } = await program('account_admin')
    const role = await acme.api.roles.create({
      body: { name: 'Directory only', permissions: ['directory.read', 'directory.write'] },
    })
    const email = `clerk-${acme.tag}@example.com`
    const clerk = await acme.api.users.create({ body: { email, name: 'Clerk', password } })
    const principal = { kind: 'user', id: clerk.id } as const
    await acme.api.roleAssignments.create({ body: { principal, role: role.id as 'member' } })
    const headers = await signIn(cockpit, email)
    const refused = await cockpit.send(`POST /v1/service-accounts/${id}/credentials`, { headers, body: { name: 'x' } })
    expect([refused.status, JSON.parse(refused.text).type]).toEqual([403, 'access.denied'])
    const plain = await acme.api.serviceAccounts.create({ body: { name: 'Plain' } })
    const line = `POST /v1/service-accounts/${plain.id}/credentials`
    expect((await cockpit.send(line, { headers, body: { name: 'x' } })).status).toBe(201)
  })

  test('are at most ten that work, show the secret once, and are revoked once', async () => {
    const { id, credentialId, secret, acme } = await program()
    const make = (n: number) => acme.api.clientCredentials.create({ params: { id }, body: { name: `Nr. ${n}` } })
    for (let n = 2; n <= 10; n++) await make(n)
    await expect(make(11)).rejects.toMatchObject({ code: 'client_credential.limit_reached' })
    const { items } = await acme.api.clientCredentials.list({ params: { id } })
    expect(items).toHaveLength(10)
    expect(JSON.stringify(items)).not.toContain(secret)
    const revoke = () => acme.api.clientCredentials.revoke({ params: { id, credentialId } })
    await revoke()
    await expect(revoke()).rejects.toMatchObject({ code: 'client_credential.not_found' })
    await make(11)
  })

  test('of another service account are not revoked through this one', async () => {
    const one = await program()
    const other = await program(undefined, one.acme)
    const mixed = one.acme.api.clientCredentials.revoke({ params: { id: one.id, credentialId: other.credentialId } })
    await expect(mixed).rejects.toMatchObject({ code: 'client_credential.not_found' })
  })
})

describe('a service account', () => {
  test('is renamed, described and moved to a team of its account, and the change is told', async () => {
    const { id, acme } = await program()
    const team = await acme.api.teams.create({ body: { name: 'Robots' } })
    const body = { name: 'Support bot', description: 'Answers.', teamId: team.id }
    expect(await acme.api.serviceAccounts.update({ params: { id }, body })).toMatchObject(body)
    expect(await acme.api.serviceAccounts.get({ params: { id } })).toMatchObject(body)
    await acme.api.serviceAccounts.update({ params: { id }, body: { teamId: null } })
    const [row] = await query(
      `select before, after from events where account_id = $1 and name = 'service_account.updated' order by id desc`,
      [acme.id],
    )
    expect(row).toEqual({ before: { teamId: team.id }, after: { teamId: null } })
    const other = await acme.api.serviceAccounts.create({ body: { name: 'Other' } })
    const taken = acme.api.serviceAccounts.update({ params: { id: other.id }, body: { name: 'SUPPORT BOT' } })
    await expect(taken).rejects.toMatchObject({ code: 'service_account.name_taken' })
  })
})
