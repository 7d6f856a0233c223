import { Secret, TOTP } from 'otpauth'
import { describe, expect, test } from 'vitest'
import { eventsOf, quietLog, testAccount, testCtx, testDatabase } from '../../platform/testing.ts'
import { createWitness } from '../audit/index.ts'
import { nameOf, type Proof } from './index.ts'
import { openHouse } from './testing.ts'

const database = await testDatabase()
let shiftMs = 0
const now = () => new Date(Date.now() + shiftMs)
const { db } = database
const witness = createWitness({ db, now, log: quietLog, homeOf: async () => null, nameOf })
const house = openHouse(database, { now, witness })
const { person, signedIn, browser } = house
const context = 'GET /v1/me/context'
type Role = Parameters<typeof person>[0] extends Record<string, infer R> | undefined ? R : never

const stage = async (role: Role = 'end_user') => {
  const account = await testAccount(database)
  const admin = await person({ [account]: 'account_admin' })
  const member = await person({ [account]: role })
  return { account, admin, member, chrome: await signedIn(admin) }
}
const joins = (userId: string, account: string, role = 'end_user') =>
  database.query(
    'insert into memberships (account_id, user_id, role, created_at) values ($1, $2, $3, clock_timestamp())',
    [account, userId, role],
  )
/** A session that somebody was vouched for, perhaps by the provider of one account. */
const vouched = async (who: { id: string; name: string }, proof: Partial<Proof>) => {
  const ctx = testCtx('platform')
  const { token } = await db.platform({ ...ctx, actor: { ...ctx.actor, id: who.id, name: who.name } }, (tx) =>
    house.identity.sessions.open(tx, null, { methods: ['pwd'], provider: 'Acme', authenticatedAt: now(), ...proof }),
  )
  const chrome = browser()
  chrome.cookies = { '__Host-cockpit': token }
  return chrome
}
const listOf = async ({ chrome, member }: Pick<Awaited<ReturnType<typeof stage>>, 'chrome' | 'member'>) =>
  (await chrome.send(`GET /v1/users/${member.id}/sessions`)).body.items as {
    id: string
    provider: string
    current: boolean
    methods: string[]
    device: string | null
    place: string
  }[]

describe("an admin's view of somebody's sessions", () => {
  test('shows where they are signed in and how, and each look is in the audit log', async () => {
    const staged = await stage()
    const theirs = await signedIn(staged.member)
    const items = await listOf(staged)
    expect(items).toMatchObject([{ methods: ['pwd'], provider: 'local', current: false, place: 'local_network' }])
    expect(JSON.stringify(items)).not.toContain(theirs.cookies['__Host-cockpit'])
    const [look] = await database.query(
      "select outcome, subject ->> 'id' as subject_id, subject ->> 'name' as subject_name, actor ->> 'id' as actor_id from events where account_id = $1 and name = 'user.sessions_read'",
      [staged.account],
    )
    expect(look).toEqual({
      outcome: 'read',
      subject_id: staged.member.id,
      subject_name: staged.member.name,
      actor_id: staged.admin.id,
    })
  })

  test('ends one at once, and not the others; the audit log names who did it', async () => {
    const staged = await stage()
    const [one, two] = [await signedIn(staged.member), await signedIn(staged.member)]
    const [newest] = await listOf(staged)
    const path = `/v1/users/${staged.member.id}/sessions/${newest?.id}`
    expect((await staged.chrome.send(`DELETE ${path}`)).status).toBe(204)
    expect((await two.send(context)).status).toBe(401)
    expect((await one.send(context)).status).toBe(200)
    expect((await staged.chrome.send(`DELETE ${path}`)).body.type).toBe('session.not_found')
    const ended = await database.query(
      "select actor ->> 'id' as actor_id, subject ->> 'id' as subject_id, reason from events where account_id = $1 and name = 'session.ended'",
      [staged.account],
    )
    expect(ended).toEqual([{ actor_id: staged.admin.id, subject_id: newest?.id, reason: 'Ended by an administrator.' }])
  })

  test('ends all of them, and keeps the one that asks when they are its own', async () => {
    const staged = await stage()
    const theirs = [await signedIn(staged.member), await signedIn(staged.member)]
    expect((await staged.chrome.send(`DELETE /v1/users/${staged.member.id}/sessions`)).body).toEqual({ ended: 2 })
    for (const chrome of theirs) expect((await chrome.send(context)).status).toBe(401)
    await signedIn(staged.admin)
    expect((await staged.chrome.send(`DELETE /v1/users/${staged.admin.id}/sessions`)).body).toEqual({ ended: 1 })
    expect((await staged.chrome.send(context)).status).toBe(200)
  })

  test('of somebody who belongs to another account too shows and ends only what reaches no other', async () => {
    const [staged, other] = [await stage(), await stage()]
    await joins(staged.member.id, other.account)
    const elsewhere = await vouched(staged.member, { onlyAccount: other.account, provider: 'Globex' })
    const here = await vouched(staged.member, { onlyAccount: staged.account })
    const everywhere = await vouched(staged.member, { provider: 'Everywhere' })
    expect((await listOf(staged)).map(({ provider }) => provider)).toEqual(['Acme'])
    const theirs = (await listOf({ chrome: other.chrome, member: staged.member })).find(
      ({ provider }) => provider === 'Globex',
    )
    const path = `DELETE /v1/users/${staged.member.id}/sessions`
    expect((await staged.chrome.send(`${path}/${theirs?.id}`)).body.type).toBe('session.not_found')
    expect((await staged.chrome.send(path)).body).toEqual({ ended: 1 })
    expect((await here.send(context)).status).toBe(401)
    expect((await everywhere.send(context)).status).toBe(200)
    expect((await elsewhere.send(context)).status).toBe(200)
    expect((await other.chrome.send(`${path}/${theirs?.id}`)).status).toBe(204)
    expect((await elsewhere.send(context)).status).toBe(401)
  })

  test('leaves out local sessions where the account lets people in by its own provider only', async () => {
    const staged = await stage()
    const other = await testAccount(database)
    await joins(staged.member.id, other)
    await signedIn(staged.member)
    const root = await signedIn(await person({ platform: 'super_admin' }))
    const list = async (accountId: string) =>
      (await root.send(`GET /v1/users/${staged.member.id}/sessions`, undefined, { 'x-account-id': accountId })).body
    expect((await list(staged.account)).items).toHaveLength(1)
    await insists(staged.account)
    expect((await list(staged.account)).items).toEqual([])
    expect((await list(other)).items).toHaveLength(1)
  })

  test('does not show a session that outlived the rules', async () => {
    const staged = await stage()
    await signedIn(staged.member)
    shiftMs += 13 * 3_600_000
    staged.chrome = await signedIn(staged.admin)
    const items = await listOf(staged)
    shiftMs -= 13 * 3_600_000
    expect(items).toEqual([])
  })

  test("answers for another account's person like for a missing one, and nothing to a member", async () => {
    const [staged, other] = [await stage(), await stage()]
    await signedIn(other.member)
    const member = await signedIn(staged.member)
    const missing = 'usr_0190f5c27d7a7c3e8f00aa11bb22cc33'
    for (const line of ['GET /v1/users/ID/sessions', 'DELETE /v1/users/ID/sessions', 'DELETE /v1/users/ID/factors']) {
      const ask = (id: string) => staged.chrome.send(line.replace('ID', id))
      expect([(await ask(other.member.id)).status, (await ask(missing)).status]).toEqual([404, 404])
      expect((await member.send(line.replace('ID', staged.admin.id))).status).toBe(403)
    }
  })

  test('ends none of somebody who may do more', async () => {
    const [operator, root] = [
      await person({ platform: 'platform_operator' }),
      await person({ platform: 'super_admin' }),
    ]
    const theirs = await signedIn(root)
    const chrome = await signedIn(operator)
    const [open] = await listOf({ chrome, member: root })
    const path = `DELETE /v1/users/${root.id}/sessions`
    expect((await chrome.send(path)).body.type).toBe('access.denied')
    expect((await chrome.send(`${path}/${open?.id}`)).body.type).toBe('access.denied')
    expect((await theirs.send(context)).status).toBe(200)
  })

  test('lets the platform see and end those of its own people', async () => {
    const [root, support] = [await person({ platform: 'super_admin' }), await person({ platform: 'super_admin' })]
    const [chrome, theirs] = [await signedIn(root), await signedIn(support)]
    expect(await listOf({ chrome, member: support })).toHaveLength(1)
    expect((await chrome.send(`DELETE /v1/users/${support.id}/sessions`)).body).toEqual({ ended: 1 })
    expect((await theirs.send(context)).status).toBe(401)
  })
})

const insists = (account: string) =>
  database.query(
    `insert into sso_configs (account_id, kind, name, issuer, client_id, scopes, claims, enabled, required, created_at, updated_at)
     values ($1, 'oidc', 'Acme', 'https://id.example.com', 'cockpit', '{}', '{}', true, true, now(), now())`,
    [account],
  )

describe("a reset of somebody's second factors", () => {
  const stepMs = 30_000
  const withTotp = async (who: { email: string; password: string }) => {
    const chrome = await signedIn(who)
    const { secret } = (await chrome.send('POST /v1/me/totp')).body
    const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: now().getTime() - stepMs })
    const confirmed = await chrome.send('PUT /v1/me/totp', { code })
    expect(confirmed.status).toBe(200)
    return { recoveryCode: confirmed.body.recoveryCodes[0] as string }
  }
  const signIn = ({ email, password }: { email: string; password: string }) =>
    browser().send('POST /v1/sessions', { email, password })

  test('removes them all, so that the password is enough again, and stands in the audit log', async () => {
    const staged = await stage()
    await withTotp(staged.member)
    expect((await signIn(staged.member)).status).toBe(202)
    expect((await staged.chrome.send(`DELETE /v1/users/${staged.member.id}/factors`)).status).toBe(204)
    expect((await signIn(staged.member)).status).toBe(201)
    expect(await eventsOf(database, staged.account)).toContain('user.factors_reset')
    const again = await staged.chrome.send(`DELETE /v1/users/${staged.member.id}/factors`)
    expect(again.body.type).toBe('second_factor.not_found')
  })

  test('asks for a fresh proof', async () => {
    const staged = await stage()
    await withTotp(staged.member)
    shiftMs += 20 * 60_000
    const stale = await staged.chrome.send(`DELETE /v1/users/${staged.member.id}/factors`)
    shiftMs -= 20 * 60_000
    expect(stale.body.type).toBe('auth.step_up_required')
    expect((await signIn(staged.member)).status).toBe(202)
  })

  test('is refused for somebody of two accounts, and a super admin may do it', async () => {
    const [staged, other] = [await stage(), await stage()]
    await joins(staged.member.id, other.account)
    await withTotp(staged.member)
    const line = `DELETE /v1/users/${staged.member.id}/factors`
    expect((await staged.chrome.send(line)).body.type).toBe('access.denied')
    expect((await signIn(staged.member)).status).toBe(202)
    const root = await signedIn(await person({ platform: 'super_admin' }))
    expect((await root.send(line, undefined, { 'x-account-id': staged.account })).status).toBe(204)
    expect((await signIn(staged.member)).status).toBe(201)
  })

  test('is refused for somebody who may do more', async () => {
    const staged = await stage('account_admin')
    await withTotp(staged.member)
    const keeper = await person({ [staged.account]: 'end_user' })
    const role = { name: 'Help desk', permissions: ['session.manage'] }
    const { id } = (await staged.chrome.send('POST /v1/roles', role)).body
    const given = await staged.chrome.send('POST /v1/role-assignments', {
      ...{ principal: { kind: 'user', id: keeper.id }, role: id, reason: 'help desk' },
    })
    expect(given.status).toBe(201)
    const chrome = await signedIn(keeper)
    expect((await chrome.send(`GET /v1/users/${staged.member.id}/sessions`)).status).toBe(200)
    expect((await chrome.send(`DELETE /v1/users/${staged.member.id}/factors`)).body.type).toBe('access.denied')
    expect((await signIn(staged.member)).status).toBe(202)
  })
})

describe('the own security events', () => {
  const eventsOfOwn = async (chrome: Awaited<ReturnType<typeof signedIn>>) =>
    (await chrome.send('GET /v1/me/security-events')).body.items as { name: string; by: object; ip: string | null }[]

  test('tell the person what others did to their sign-in, by whom and not from where, and what they did', async () => {
    const staged = await stage()
    await signedIn(staged.member)
    const [session] = await listOf(staged)
    await staged.chrome.send(`DELETE /v1/users/${staged.member.id}/sessions/${session?.id}`)
    await staged.chrome.send(`POST /v1/users/${staged.member.id}/password-reset`)
    const theirs = await signedIn(staged.member)
    await theirs.send('DELETE /v1/sessions')
    const next = 'tangled orbit walnut'
    await theirs.send('PUT /v1/me/password', { current: staged.member.password, next })
    const admin = { name: staged.admin.name, isYou: false }
    expect(await eventsOfOwn(theirs)).toMatchObject([
      { name: 'user.password_changed', by: { name: staged.member.name, isYou: true }, ip: theirs.ip },
      { name: 'user.password_reset_issued', by: admin, ip: null },
      { name: 'session.ended', by: admin, ip: null, reason: 'Ended by an administrator.' },
    ])
  })

  test('hold nothing of others, nor sessions that the person ended themself, and nothing of an account they left', async () => {
    const [staged, other] = [await stage(), await stage()]
    await joins(staged.member.id, other.account)
    await signedIn(staged.member)
    const theirs = await signedIn(staged.member)
    await theirs.send('DELETE /v1/sessions')
    await signedIn(staged.admin)
    await other.chrome.send(`DELETE /v1/users/${other.admin.id}/sessions`)
    expect(await eventsOfOwn(theirs)).toEqual([])
    await vouched(staged.member, { onlyAccount: other.account })
    await other.chrome.send(`DELETE /v1/users/${staged.member.id}/sessions`)
    const again = await signedIn(staged.member)
    expect(await eventsOfOwn(again)).toHaveLength(1)
    await database.query('delete from memberships where account_id = $1 and user_id = $2', [
      other.account,
      staged.member.id,
    ])
    expect(await eventsOfOwn(again)).toEqual([])
  })
})
