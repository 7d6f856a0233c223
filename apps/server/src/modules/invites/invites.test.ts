import { rolePermissions } from '@cockpit/contract/permissions'
import { describe, expect, test } from 'vitest'
import { type Actor, createSealing, newId } from '../../platform/index.ts'
import { eventsOf, superCtx, testAccount, testCtx, testDatabase, testFront } from '../../platform/testing.ts'
import { createKeepAdmin, createRefuseHigherProgram, createRightsOf } from '../access/index.ts'
import { createDirectory, directoryHandlers } from '../directory/index.ts'
import { createIdentity } from '../identity/index.ts'
import { createMfa } from '../mfa/index.ts'
import { createInvites, invitesHandlers } from './index.ts'

const database = await testDatabase()
const { db, query } = database
let atMs = Date.now()
const clock = () => new Date(atMs)
const identity = createIdentity({
  db,
  now: clock,
  publicUrl: 'https://cockpit.example',
  masterKey: undefined,
  findKey: async () => null,
  rightsOf: createRightsOf({ now: clock }),
  keepAdmin: createKeepAdmin({ now: clock, installationLetsIn: false }),
  factors: createMfa({
    db,
    now: clock,
    secrets: createSealing(Buffer.alloc(32, 7)),
    publicUrl: 'http://localhost:4000',
  }).factors,
})
const directory = createDirectory({
  db,
  now: clock,
  people: identity.people,
  revokeKeysOf: async () => {},
  endSessionsOf: identity.sessions.endAllOf,
  forgetRunsOf: async () => 0,
  closeInvitesOf: (tx, person) => invites.closeOf(tx, person),
  lockedIn: identity.locks.idsIn,
  hasAllocation: async () => false,
  refuseHigherProgram: createRefuseHigherProgram({ now: clock }),
})
const company = async () => {
  const accountId = await testAccount(database)
  await db.platform(superCtx(accountId), (tx) => directory.seedDirectory(tx))
  return { accountId, ...front.as(testCtx(accountId)) }
}
const email = () => `${newId('p', new Date())}@example.com`
const missingId = (prefix: string) => `${prefix}_0190f5c27d7a7c3e8f00aa11bb22cc33`
const dayMs = 24 * 60 * 60_000
const invites = createInvites({
  db,
  now: clock,
  publicUrl: 'https://cockpit.example',
  identity: { ...identity.people, actorNow: identity.actorNow, vouchesFor: identity.vouchesFor },
  directory: directory.users,
})
const front = testFront([...invitesHandlers(invites), ...directoryHandlers(directory)])
const password = 'correct horse battery'

const as = (accountId: string, id: string, role: keyof typeof rolePermissions, differs: Partial<Actor> = {}) => {
  const ctx = testCtx(accountId, { permissions: rolePermissions[role] })
  return front.as({ ...ctx, actor: { ...ctx.actor, id, ...differs } })
}

/** A company with an administrator who invites. */
const acme = async () => {
  const { accountId, send } = await company()
  const boss = (await send('POST /v1/users', { email: email(), name: 'Boss', role: 'account_admin' })).body
  return { accountId, boss, setUp: send, ...as(accountId, boss.id, 'account_admin') }
}
type Acme = Awaited<ReturnType<typeof acme>>
const invite = async (of: Acme, more: object = {}) => {
  const { body } = await of.send('POST /v1/invites', { emails: [email()], ...more })
  const [issued] = body.items
  return { ...issued, token: new URL(issued.link).hash.slice(1) }
}
const accept = (token: string) => front.send('POST /v1/invitations/accept', { token, name: 'Ada', password })
const found = async (of: Acme, id: string) =>
  (await of.send('GET /v1/invites')).body.items.find((one: { id: string }) => one.id === id)

describe('an invitation', () => {
  test('takes a new person into the account with its role and teams, and is told', async () => {
    const of = await acme()
    const team = (await of.setUp('POST /v1/teams', { name: 'Support' })).body
    const one = await invite(of, { role: 'member', teamIds: [team.id] })
    expect(one).toMatchObject({ status: 'pending', invitedBy: 'Test', teams: [{ id: team.id, name: 'Support' }] })
    expect(Date.parse(one.expiresAt) - Date.parse(one.sentAt)).toBe(7 * dayMs)
    const look = await front.send('POST /v1/invitations/look', { token: one.token })
    expect(look.body).toMatchObject({ email: one.email, role: 'member', teams: ['Support'], isKnown: false })
    const joined = await accept(one.token)
    expect([joined.status, joined.body]).toEqual([201, { accountId: of.accountId, email: one.email }])
    const [user] = (await of.setUp(`GET /v1/users?q=${one.email}`)).body.items
    expect(user).toMatchObject({ name: 'Ada', role: 'member', teams: [{ name: 'Support' }] })
    expect(await found(of, one.id)).toMatchObject({ status: 'accepted', userId: user.id })
    const told = (await eventsOf(database, of.accountId)).slice(-3)
    expect(told).toEqual(['invite.created', 'user.added', 'invite.accepted'])
  })

  test('holds 256 bits, of which the database and the story know none', async () => {
    const of = await acme()
    const { token, id } = await invite(of)
    expect(token).toMatch(/^[0-9A-Za-z]{43}$/)
    const stored = await query('select i::text as row from invites i where id = $1', [id])
    const events = await query('select e::text as row from events e where account_id = $1', [of.accountId])
    expect(JSON.stringify([stored, events, (await of.send('GET /v1/invites')).body])).not.toContain(token)
  })

  test('opens once: of two who use a link at once, one joins', async () => {
    const of = await acme()
    const { token } = await invite(of)
    const answers = await Promise.all([accept(token), accept(token)])
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 404])
    expect((await accept(token)).body.type).toBe('invite.invalid')
    expect((await of.setUp('GET /v1/users')).body.total).toBe(2)
  })

  test('that was replaced, revoked, has expired or never was answers alike', async () => {
    const of = await acme()
    const [replaced, revoked, expired] = [await invite(of), await invite(of), await invite(of, { days: 1 })]
    const again = (await of.send(`POST /v1/invites/${replaced.id}/resend`)).body
    expect(again.link).not.toBe(replaced.link)
    expect((await of.send(`DELETE /v1/invites/${revoked.id}`)).status).toBe(204)
    atMs += dayMs
    expect((await found(of, expired.id)).status).toBe('expired')
    const answers = await Promise.all(
      [replaced.token, revoked.token, expired.token, 'x'.repeat(43)].map((token) => accept(token)),
    )
    const plain = answers.map(({ text }) => text.replace(/"requestId":"\w+"/, ''))
    expect(new Set(plain).size).toBe(1)
    expect(answers[0]?.status).toBe(404)
    expect((await of.send(`POST /v1/invites/${revoked.id}/resend`)).body.type).toBe('invite.closed')
    // an expired one is made anew by sending it again
    const renewed = (await of.send(`POST /v1/invites/${expired.id}/resend`)).body
    expect((await accept(new URL(renewed.link).hash.slice(1))).status).toBe(201)
  })

  test('is listed by status, and many at once skip whoever is in or invited already', async () => {
    const of = await acme()
    const one = await invite(of)
    const fresh = email()
    const { status, body } = await of.send('POST /v1/invites', {
      emails: [of.boss.email, one.email, fresh, fresh.toUpperCase()],
    })
    expect([status, body.items.map((made: { email: string }) => made.email)]).toEqual([201, [fresh]])
    expect(Object.fromEntries(body.skipped.map((s: { email: string; reason: string }) => [s.email, s.reason]))).toEqual(
      {
        [of.boss.email]: 'is in the account already',
        [one.email]: 'has an open invitation; send that one again',
      },
    )
    await of.send(`DELETE /v1/invites/${one.id}`)
    const total = async (search: string) => (await of.send(`GET /v1/invites?${search}`)).body.total
    expect([await total('status=pending'), await total('status=revoked'), await total(`q=${fresh}`)]).toEqual([1, 1, 1])
  })

  test('takes a seat while it is open, and none when the account is full by the time it is accepted', async () => {
    const of = await acme()
    await query('update accounts set seats_max = 2 where account_id = $1', [of.accountId])
    const two = await of.send('POST /v1/invites', { emails: [email(), email()] })
    expect([two.status, two.body.type]).toEqual([409, 'account.seats_taken'])
    const { token } = await invite(of)
    expect((await of.send('POST /v1/invites', { emails: [email()] })).body.type).toBe('account.seats_taken')
    await of.setUp('POST /v1/users', { email: email(), name: 'Came first' })
    expect((await accept(token)).body.type).toBe('account.seats_taken')
  })
})

test('an invitation that had expired is sent again only where a seat is free for it', async () => {
  const of = await acme()
  await query('update accounts set seats_max = 2 where account_id = $1', [of.accountId])
  const { id } = await invite(of)
  await query('update invites set expires_at = sent_at where account_id = $1 and id = $2', [of.accountId, id])
  const second = await invite(of)
  const refused = await of.send(`POST /v1/invites/${id}/resend`)
  expect([refused.status, refused.body.type]).toEqual([409, 'account.seats_taken'])
  await of.send(`DELETE /v1/invites/${second.id}`)
  expect((await of.send(`POST /v1/invites/${id}/resend`)).status).toBe(200)
})

describe('an open invitation of somebody who is taken in otherwise', () => {
  type TakeIn = (of: Acme, email: string) => Promise<unknown>
  const byHand: TakeIn = (of, address) => of.setUp('POST /v1/users', { email: address.toUpperCase(), name: 'Ada' })
  const fromFile: TakeIn = (of, address) => of.setUp('POST /v1/users/import', { csv: `email,name\n${address},Ada` })
  const bySource: TakeIn = (of, address) =>
    db.platform(superCtx(of.accountId), (tx) =>
      directory.sync.join(tx, 'scim', { email: address, name: 'Ada', role: 'end_user' }),
    )

  test.each([
    ['by hand', byHand],
    ['from a file', fromFile],
    ['by a source', bySource],
  ])('%s is closed: it is told, its link opens nothing, and its seat is free', async (_how, takeIn) => {
    const of = await acme()
    await query('update accounts set seats_max = 3 where account_id = $1', [of.accountId])
    const one = await invite(of, { role: 'account_admin' })
    await takeIn(of, one.email)
    expect(await found(of, one.id)).toMatchObject({ status: 'revoked', userId: null, acceptedAt: null })
    const [user] = (await of.setUp(`GET /v1/users?q=${one.email}`)).body.items
    const [told] = await query(
      `select subject, before, after, reason from events where name = 'invite.revoked' and account_id = $1`,
      [of.accountId],
    )
    expect(told).toEqual({
      subject: { type: 'invite', id: one.id, name: one.email },
      before: { status: 'pending' },
      after: { userId: user.id },
      reason: 'They were taken into the account in another way.',
    })
    const refused = await accept(one.token)
    expect([refused.status, refused.body.type]).toEqual([404, 'invite.invalid'])
    expect((await of.send(`POST /v1/invites/${one.id}/resend`)).body.type).toBe('invite.closed')
    expect((await of.setUp(`GET /v1/users/${user.id}`)).body.role).toBe('end_user')
    // two are in and three may be: one more is invited, and no second
    expect((await of.send('POST /v1/invites', { emails: [email()] })).status).toBe(201)
    expect((await of.send('POST /v1/invites', { emails: [email()] })).body.type).toBe('account.seats_taken')
  })

  test('is closed when it had expired too, so that nobody sends it again; those of others stay', async () => {
    const of = await acme()
    const [one, other, elsewhere] = [await invite(of, { days: 1 }), await invite(of), await invite(await acme())]
    atMs += dayMs
    await byHand(of, one.email)
    expect((await of.send(`POST /v1/invites/${one.id}/resend`)).body.type).toBe('invite.closed')
    expect((await found(of, other.id)).status).toBe('pending')
    expect((await accept(elsewhere.token)).status).toBe(201)
  })

  test('who is refused keeps theirs', async () => {
    const of = await acme()
    const one = await invite(of)
    await query('update accounts set seats_max = 1 where account_id = $1', [of.accountId])
    expect(await byHand(of, one.email)).toMatchObject({ status: 409 })
    expect((await found(of, one.id)).status).toBe('pending')
  })

  test('is not made while somebody is taken in: of both at once, one sees the other', async () => {
    for (let round = 0; round < 6; round++) {
      const of = await acme()
      const address = email()
      await Promise.all([byHand(of, address), of.send('POST /v1/invites', { emails: [address] })])
      expect((await of.send('GET /v1/invites?status=pending')).body.total).toBe(0)
    }
  })
})

describe('nobody grants what they may not', () => {
  test('a role above the inviter is refused when it is given', async () => {
    const of = await acme()
    const admin = as(of.accountId, of.boss.id, 'copilot_admin')
    const answer = await admin.send('POST /v1/invites', { emails: [email()], role: 'account_admin' })
    expect([answer.status, answer.body.type]).toEqual([403, 'access.denied'])
    const one = await invite(of, { role: 'account_admin' })
    expect((await admin.send(`POST /v1/invites/${one.id}/resend`)).status).toBe(403)
  })

  test.each([
    ['demoted', (of: Acme) => of.setUp(`PATCH /v1/users/${of.boss.id}`, { role: 'end_user' })],
    ['suspended', (of: Acme) => of.setUp(`PATCH /v1/users/${of.boss.id}`, { status: 'suspended' })],
    ['removed', (of: Acme) => of.setUp(`DELETE /v1/users/${of.boss.id}`)],
  ] as const)('an inviter who was %s since grants nothing, until somebody who may sends it again', async (_, lose) => {
    const of = await acme()
    const one = await invite(of)
    const other = (await of.setUp('POST /v1/users', { email: email(), name: 'B', role: 'account_admin' })).body
    expect((await lose(of)).status).toBeLessThan(300)
    const refused = await accept(one.token)
    expect([refused.status, refused.body.type]).toEqual([409, 'invite.not_granted'])
    expect((await of.setUp(`GET /v1/users?q=${one.email}`)).body.total).toBe(0)
    const renewed = await as(of.accountId, other.id, 'account_admin').send(`POST /v1/invites/${one.id}/resend`)
    expect((await accept(new URL(renewed.body.link).hash.slice(1))).status).toBe(201)
  })

  test('an inviter whose role became smaller grants no role that is larger than it', async () => {
    const of = await acme()
    const [large, small] = [await invite(of, { role: 'account_admin' }), await invite(of, { role: 'member' })]
    await of.setUp('POST /v1/users', { email: email(), name: 'B', role: 'account_admin' })
    await of.setUp(`PATCH /v1/users/${of.boss.id}`, { role: 'copilot_admin' })
    expect((await accept(large.token)).body.type).toBe('invite.not_granted')
    expect((await accept(small.token)).status).toBe(201)
  })

  /** A company with a team in each domain, and an administrator of one of them. */
  const twoDomains = async () => {
    const of = await acme()
    const org = (await of.setUp('POST /v1/orgs', { name: 'Works', domain: 'console' })).body
    const near = (await of.setUp('POST /v1/teams', { name: 'Near' })).body
    const far = (await of.setUp('POST /v1/teams', { name: 'Far', domain: 'console', orgId: org.id })).body
    const user = { email: email(), name: 'C', role: 'copilot_admin' }
    const { id } = (await of.setUp('POST /v1/users', user)).body
    return { ...of, near, far, admin: as(of.accountId, id, 'copilot_admin') }
  }

  test('an admin of one domain does not send again what leads into a team of the other, and its link stays', async () => {
    const of = await twoDomains()
    const [into, beside] = [await invite(of, { teamIds: [of.far.id] }), await invite(of, { teamIds: [of.near.id] })]
    const refused = await of.admin.send(`POST /v1/invites/${into.id}/resend`)
    expect([refused.status, refused.body.type]).toEqual([403, 'access.denied'])
    expect((await accept(into.token)).status).toBe(201)
    const renewed = await of.admin.send(`POST /v1/invites/${beside.id}/resend`)
    expect(renewed.status).toBe(200)
    expect((await accept(new URL(renewed.body.link).hash.slice(1))).status).toBe(201)
  })

  test('an inviter who manages one domain by now grants no place in a team of the other', async () => {
    const of = await twoDomains()
    const [into, beside] = [await invite(of, { teamIds: [of.far.id] }), await invite(of, { teamIds: [of.near.id] })]
    const other = (await of.setUp('POST /v1/users', { email: email(), name: 'B', role: 'account_admin' })).body
    expect((await of.setUp(`PATCH /v1/users/${of.boss.id}`, { role: 'copilot_admin' })).status).toBe(200)
    const refused = await accept(into.token)
    expect([refused.status, refused.body.type]).toEqual([409, 'invite.not_granted'])
    expect(refused.body.detail).toMatch(/Ask for a new one/)
    expect((await of.setUp(`GET /v1/users?q=${into.email}`)).body.total).toBe(0)
    expect((await accept(beside.token)).status).toBe(201)
    const renewed = await as(of.accountId, other.id, 'account_admin').send(`POST /v1/invites/${into.id}/resend`)
    expect((await accept(new URL(renewed.body.link).hash.slice(1))).status).toBe(201)
  })
})

describe('somebody who is here already', () => {
  const known = async (name = 'Known') => {
    const elsewhere = await acme()
    return (await elsewhere.setUp('POST /v1/users', { email: email(), name, password })).body
  }

  test('signs in and joins; a link alone never becomes them, nor changes their password', async () => {
    const of = await acme()
    const user = await known()
    await query('update users set email_verified_at = now() where id = $1', [user.id])
    const [{ id, link }] = (await of.send('POST /v1/invites', { emails: [user.email] })).body.items
    const token = new URL(link).hash.slice(1)
    const hashOf = () => query('select password_hash from users where id = $1', [user.id])
    const before = await hashOf()
    expect((await accept(token)).body.type).toBe('invite.sign_in_first')
    expect(await hashOf()).toEqual(before)
    const joined = await as('platform', user.id, 'end_user').send('POST /v1/invitations/join', { token })
    expect([joined.status, joined.body]).toEqual([201, { accountId: of.accountId, email: user.email }])
    expect(await found(of, id)).toMatchObject({ status: 'accepted', userId: user.id })
    expect((await of.setUp(`GET /v1/users/${user.id}`)).body.name).toBe('Known')
  })

  test('whom another account made joins with a password that only they know, and every other way in ends', async () => {
    const of = await acme()
    const user = await known()
    const [{ link }] = (await of.send('POST /v1/invites', { emails: [user.email] })).body.items
    const token = new URL(link).hash.slice(1)
    const look = (await front.send('POST /v1/invitations/look', { token })).body
    expect(look).toMatchObject({ isKnown: true, needsPassword: true })
    const mine = as('platform', user.id, 'end_user')
    const without = await mine.send('POST /v1/invitations/join', { token })
    expect([without.status, without.body.errors]).toMatchObject([400, [{ pointer: '/password' }]])
    const hashOf = async () => (await query('select password_hash from users where id = $1', [user.id]))[0]
    const before = await hashOf()
    await query(
      `insert into sessions (id, token_hash, user_id, created_at, last_seen_at, expires_at, authenticated_at)
       values ($1, $2, $3, $4::timestamptz, $4, $4::timestamptz + interval '1 hour', $4)`,
      [newId('ses', new Date()), `hash of ${user.id}`, user.id, clock()],
    )
    const joined = await mine.send('POST /v1/invitations/join', { token, password: 'mine and mine alone' })
    expect(joined.status).toBe(201)
    expect(await hashOf()).not.toEqual(before)
    expect(await query('select 1 from sessions where user_id = $1 and ended_at is null', [user.id])).toEqual([])
    const told = await query(`select 1 from events where name = 'user.ways_in_closed' and subject ->> 'id' = $1`, [
      user.id,
    ])
    expect(told).toHaveLength(1)
  })

  test('cannot use the link of somebody else', async () => {
    const of = await acme()
    const [mallory, { token }] = [await known('Mallory'), await invite(of)]
    const answer = await as('platform', mallory.id, 'end_user').send('POST /v1/invitations/join', { token })
    expect([answer.status, answer.body.type]).toEqual([403, 'invite.other_person'])
    const program = as('platform', of.boss.id, 'end_user', { kind: 'service_account' })
    expect((await program.send('POST /v1/invitations/join', { token })).body.type).toBe('invite.other_person')
  })
})

test('invitations of another account are not there', async () => {
  const [of, globex] = [await acme(), await acme()]
  const foreign = await invite(globex)
  for (const id of [foreign.id, missingId('inv')]) {
    expect((await of.send(`POST /v1/invites/${id}/resend`)).body.type).toBe('invite.not_found')
    expect((await of.send(`DELETE /v1/invites/${id}`)).status).toBe(404)
  }
  const team = (await globex.setUp('POST /v1/teams', { name: 'Theirs' })).body
  expect((await of.send('POST /v1/invites', { emails: [email()], teamIds: [team.id] })).body.type).toBe(
    'team.not_found',
  )
  expect((await accept(foreign.token)).body.accountId).toBe(globex.accountId)
})
