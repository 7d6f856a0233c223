import type { SecurityPatch } from '@cockpit/contract/security'
import { Secret, TOTP } from 'otpauth'
import { describe, expect, test } from 'vitest'
import { testAccount, testCtx, testDatabase } from '../../platform/testing.ts'
import { openHouse } from './testing.ts'

const database = await testDatabase()
let shiftMs = 0
const now = () => new Date(Date.now() + shiftMs)
const house = openHouse(database, { now })
const { person, signedIn, browser } = house
type Browser = Awaited<ReturnType<typeof signedIn>>
const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
const context = 'GET /v1/me/context'

const later = async (ms: number, work: () => Promise<void>) => {
  shiftMs += ms
  try {
    await work()
  } finally {
    shiftMs -= ms
  }
}
/** An account of its own, whose admin sits at a browser. */
const opened = async () => {
  const account = await testAccount(database)
  const admin = await person({ [account]: 'account_admin' })
  return { account, admin, chrome: await signedIn(admin) }
}
const ask = async (chrome: Browser, patch: SecurityPatch) => {
  const answer = await chrome.send('PATCH /v1/security', patch)
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  return answer.body
}
/** A session of somebody that the own provider of an account vouches for. */
const vouchedFor = async ({ id, name }: { id: string; name: string }, onlyAccount: string) => {
  const ctx = testCtx('platform')
  const proof = { methods: ['pwd'], provider: 'Acme', authenticatedAt: now(), onlyAccount }
  const { token } = await database.db.platform({ ...ctx, actor: { ...ctx.actor, id, name } }, (tx) =>
    house.identity.sessions.open(tx, null, proof),
  )
  const chrome = browser()
  chrome.cookies = { '__Host-cockpit': token }
  return chrome
}
const change = (chrome: Browser, next: string, current = 'correct horse battery') =>
  chrome.send('PUT /v1/me/password', { current, next })

describe('security settings', () => {
  test('an account has the rules of the product until somebody asks for more, and each rule says where it is from', async () => {
    const { account, chrome } = await opened()
    const before = (await chrome.send('GET /v1/security')).body
    expect(before).toMatchObject({ accountId: account, own: { passwordLengthMin: null }, updatedAt: null })
    expect(before.inForce).toMatchObject({ passwordLengthMin: 12, sessionIdleMinutes: 720, secondFactor: 'off' })
    const after = await ask(chrome, { passwordLengthMin: 16 })
    expect(after.inForce.passwordLengthMin).toBe(16)
    expect(after.from).toMatchObject({ passwordLengthMin: 'account', sessionIdleMinutes: 'product' })
  })

  test('an account cannot ask for less than the platform: the stricter one holds', async () => {
    const { chrome } = await opened()
    const { own, inForce, from } = await ask(chrome, { passwordLengthMin: 8, sessionIdleMinutes: 10_000 })
    expect(own).toMatchObject({ passwordLengthMin: 8, sessionIdleMinutes: 10_000 })
    expect(inForce).toMatchObject({ passwordLengthMin: 12, sessionIdleMinutes: 720 })
    expect(from).toMatchObject({ passwordLengthMin: 'product', sessionIdleMinutes: 'product' })
  })

  test('a change stands in the audit log of the account with what was before', async () => {
    const { account, chrome } = await opened()
    await ask(chrome, { passwordLengthMin: 14 })
    await ask(chrome, { passwordLengthMin: 15 })
    const told = await database.query<{ before: object; after: object }>(
      "select before, after from events where account_id = $1 and name = 'security.updated' order by seq desc limit 1",
      [account],
    )
    expect(told[0]).toMatchObject({ before: { passwordLengthMin: 14 }, after: { passwordLengthMin: 15 } })
  })

  test('a member neither sees nor changes them', async () => {
    const { account } = await opened()
    const chrome = await signedIn(await person({ [account]: 'end_user' }))
    expect((await chrome.send('GET /v1/security')).status).toBe(403)
    expect((await chrome.send('PATCH /v1/security', { passwordLengthMin: 8 })).status).toBe(403)
  })

  test('a change asks for a proof that is not old', async () => {
    const { chrome } = await opened()
    await later(16 * minuteMs, async () => {
      const answer = await chrome.send('PATCH /v1/security', { passwordLengthMin: 20 })
      expect(answer.body.type).toBe('auth.step_up_required')
    })
  })

  test.each([[{ passwordLengthMin: 7 }], [{ sessionIdleMinutes: 0 }], [{ secondFactor: 'some' }], [{ other: 1 }]])(
    '%j is refused, and nothing is written',
    async (patch) => {
      const { chrome } = await opened()
      const answer = await chrome.send('PATCH /v1/security', patch)
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: `/${Object.keys(patch)[0]}` }] } })
      expect((await chrome.send('GET /v1/security')).body.updatedAt).toBeNull()
    },
  )
})

describe('a new password', () => {
  test('keeps the rules of the account, or every one that it breaks is named', async () => {
    const { chrome } = await opened()
    await ask(chrome, { passwordLengthMin: 20 })
    const refused = await change(chrome, 'password-1234')
    expect(refused).toMatchObject({ status: 400, body: { type: 'password.refused' } })
    expect(refused.body.errors).toEqual([
      { pointer: '/next', detail: 'must have at least 20 characters' },
      { pointer: '/next', detail: 'must not be one that is guessed first' },
    ])
    expect((await change(chrome, 'tangled orbit walnut 93')).status).toBe(204)
  })

  test('is not made of the name of the account', async () => {
    const { account, chrome } = await opened()
    await database.query(
      "update accounts set name = 'Zephyrine Mills ' || right(account_id, 4) where account_id = $1",
      [account],
    )
    expect((await change(chrome, 'ZephyrineMills-2026')).body.errors).toMatchObject([
      { detail: expect.stringContaining('must not be made of') },
    ])
    const own = (await chrome.send('GET /v1/me/password-rules')).body
    expect(own).toMatchObject({ passwordLengthMin: 12, personal: expect.arrayContaining(['zephyrine', 'mills']) })
  })

  test('is none of the last ones where the account remembers them', async () => {
    const { chrome } = await opened()
    await ask(chrome, { passwordHistory: 2 })
    expect((await change(chrome, 'tangled orbit walnut')).status).toBe(204)
    expect((await change(chrome, 'tangled orbit walnut', 'tangled orbit walnut')).body.errors).toEqual([
      { pointer: '/next', detail: 'must not be one of your last 2' },
    ])
    expect((await change(chrome, 'correct horse battery', 'tangled orbit walnut')).body.type).toBe('password.refused')
    expect((await change(chrome, 'seven quiet lanterns', 'tangled orbit walnut')).status).toBe(204)
    expect((await change(chrome, 'correct horse battery', 'seven quiet lanterns')).status).toBe(204)
  })

  test('is due when the old one is older than the account allows, and until then the session reaches nothing else', async () => {
    const { admin, chrome } = await opened()
    await ask(chrome, { passwordAgeDaysMax: 30 })
    await later(31 * dayMs, async () => {
      const edge = await signedIn(admin)
      expect((await edge.send(context)).body.restriction).toBe('change_password')
      expect((await edge.send('GET /v1/security')).body.type).toBe('auth.password_expired')
      expect((await edge.send('POST /v1/me/totp')).body.type).toBe('auth.password_expired')
      // the one that is too old is no other one
      expect((await change(edge, admin.password)).body.errors).toEqual([
        { pointer: '/next', detail: 'must not be the one you have now' },
      ])
      expect((await change(edge, 'tangled orbit walnut')).status).toBe(204)
      expect((await edge.send(context)).body.restriction).toBeNull()
      expect((await edge.send('GET /v1/security')).status).toBe(200)
    })
  })
})

describe('a session', () => {
  test('ends unused after the minutes of the account, also when it was open before', async () => {
    const { chrome } = await opened()
    await later(20 * minuteMs, async () => expect((await chrome.send('GET /v1/sessions')).status).toBe(200))
    await ask(chrome, { sessionIdleMinutes: 5 })
    await later(26 * minuteMs, async () => expect((await chrome.send('GET /v1/sessions')).status).toBe(401))
  })

  test('ends in any case after the minutes of the account, however much it is used', async () => {
    const { chrome } = await opened()
    await ask(chrome, { sessionAbsoluteMinutes: 30 })
    for (const minutes of [10, 20, 29])
      await later(minutes * minuteMs, async () => expect((await chrome.send('GET /v1/sessions')).status).toBe(200))
    await later(31 * minuteMs, async () => expect((await chrome.send('GET /v1/sessions')).status).toBe(401))
  })

  test('of somebody in two accounts ends by the stricter of them', async () => {
    const [strict, other] = [await opened(), await opened()]
    await ask(strict.chrome, { sessionIdleMinutes: 5 })
    const both = await signedIn(await person({ [other.account]: 'end_user', [strict.account]: 'end_user' }))
    await later(6 * minuteMs, async () => {
      expect((await both.send('GET /v1/sessions')).status).toBe(401)
      expect((await other.chrome.send('GET /v1/sessions')).status).toBe(200)
    })
  })
})

describe("a session by an account's own provider", () => {
  const acts: [string, (chrome: Browser) => Promise<{ status: number }>, number][] = [
    ['all other sessions', (chrome) => chrome.send('DELETE /v1/sessions'), 200],
    ['those beside a changed password', (chrome) => change(chrome, 'a better password'), 204],
  ]
  test.each(acts)('ends with %s, however strict another account of its person is', async (_, act, status) => {
    const [strict, other] = [await opened(), await opened()]
    await ask(strict.chrome, { sessionIdleMinutes: 5 })
    const who = await person({ [other.account]: 'end_user', [strict.account]: 'end_user' })
    await signedIn(who)
    const vouched = await vouchedFor(who, other.account)
    await later(6 * minuteMs, async () => {
      const isOpen = async () => (await vouched.send(context, undefined, { 'x-unattended': '1' })).status
      expect(await isOpen()).toBe(200)
      expect((await act(await signedIn(who))).status).toBe(status)
      expect(await isOpen()).toBe(401)
      const told = await database.query(
        "select 1 from events where name = 'session.ended' and subject->>'id' in (select id from sessions where user_id = $1)",
        [who.id],
      )
      expect(told, 'the one that had ended unused is told of by nobody').toHaveLength(1)
    })
  })
})

const enrol = async (chrome: Browser) => {
  const { secret } = (await chrome.send('POST /v1/me/totp')).body
  const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: now().getTime() })
  return chrome.send('PUT /v1/me/totp', { code })
}

describe('a second factor that is required', () => {
  test('is asked of everybody at once without days of grace: the session that is open leads there, then goes on', async () => {
    const { account, chrome } = await opened()
    const member = await signedIn(await person({ [account]: 'end_user' }))
    await ask(chrome, { secondFactor: 'everyone', secondFactorGraceDays: 0 })
    expect((await member.send(context)).body.restriction).toBe('enrol_second_factor')
    const refused = await member.send('GET /v1/sessions')
    expect(refused).toMatchObject({ status: 403, body: { type: 'auth.second_factor_required' } })
    expect((await enrol(member)).status).toBe(200)
    expect((await member.send(context)).body.restriction).toBeNull()
    expect((await member.send('GET /v1/sessions')).status).toBe(200)
  })

  test('a restricted session of an admin cannot take the rule back', async () => {
    const { chrome } = await opened()
    await ask(chrome, { secondFactor: 'admins', secondFactorGraceDays: 0 })
    expect((await chrome.send('PATCH /v1/security', { secondFactor: null })).body.type).toBe(
      'auth.second_factor_required',
    )
  })

  test('is said at sign-in, and the session of somebody who has one is a whole one', async () => {
    const { account, admin, chrome } = await opened()
    await enrol(chrome)
    await ask(chrome, { secondFactor: 'everyone', secondFactorGraceDays: 0 })
    expect((await chrome.send('GET /v1/security')).status).toBe(200)
    const member = await person({ [account]: 'end_user' })
    const { email, password } = member
    const entered = await browser().send('POST /v1/sessions', { email, password })
    expect(entered).toMatchObject({ status: 201, body: { restriction: 'enrol_second_factor' } })
    expect(admin.email).not.toBe(email)
  })

  test('of admins leaves members alone', async () => {
    const { account, chrome } = await opened()
    const member = await signedIn(await person({ [account]: 'end_user' }))
    await ask(chrome, { secondFactor: 'admins', secondFactorGraceDays: 0 })
    expect((await member.send('GET /v1/sessions')).status).toBe(200)
    expect((await chrome.send('GET /v1/sessions')).status).toBe(403)
  })

  test('has days of grace, and they do not begin anew when something else is changed', async () => {
    const { admin, chrome } = await opened()
    await ask(chrome, { secondFactor: 'everyone', secondFactorGraceDays: 3 })
    await later(2 * dayMs, async () => {
      const edge = await signedIn(admin)
      expect((await edge.send(context)).body.restriction).toBeNull()
      await ask(edge, { passwordLengthMin: 13 })
    })
    await later(3 * dayMs + minuteMs, async () => {
      expect((await (await signedIn(admin)).send(context)).body.restriction).toBe('enrol_second_factor')
    })
  })

  test('of one account says nothing about another', async () => {
    const [strict, other] = [await opened(), await opened()]
    await ask(strict.chrome, { secondFactor: 'everyone', secondFactorGraceDays: 0 })
    const both = await signedIn(await person({ [other.account]: 'end_user', [strict.account]: 'end_user' }))
    const restrictionIn = async (account: string) =>
      (await both.send(context, undefined, { 'x-account-id': account })).body.restriction
    expect(await restrictionIn(other.account)).toBeNull()
    expect(await restrictionIn(strict.account)).toBe('enrol_second_factor')
  })

  test('is not asked of whoever comes by an identity provider', async () => {
    const { account, chrome } = await opened()
    const member = await person({ [account]: 'end_user' })
    const edge = await signedIn(member)
    await ask(chrome, { secondFactor: 'everyone', secondFactorGraceDays: 0 })
    await database.query("update sessions set idp_issuer = 'https://idp.example.com' where user_id = $1", [member.id])
    expect((await edge.send('GET /v1/sessions')).status).toBe(200)
  })
})
