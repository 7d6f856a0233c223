import { Secret, TOTP } from 'otpauth'
import { describe, expect, test } from 'vitest'
import { eventsOf, testAccount, testDatabase } from '../../platform/testing.ts'
import { softwareAuthenticator } from './authenticator.testing.ts'
import { openHouse } from './testing.ts'

const database = await testDatabase()
let shiftMs = 0
const origin = 'http://localhost:4000'
const house = openHouse(database, { now: () => new Date(Date.now() + shiftMs), publicUrl: origin })
const { browser, person, signedIn } = house
type Browser = Awaited<ReturnType<typeof signedIn>>
const later = async (ms: number, work: () => Promise<void>) => {
  shiftMs += ms
  try {
    await work()
  } finally {
    shiftMs -= ms
  }
}
const stepMs = 30_000
const context = 'GET /v1/me/context'

const member = async () => {
  const account = await testAccount(database)
  return { ...(await person({ [account]: 'account_admin' })), account }
}
const codeOf = (secret: string, steps = 0) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + shiftMs + steps * stepMs })

const withTotp = async () => {
  const who = await member()
  const chrome = await signedIn(who)
  const { secret } = (await chrome.send('POST /v1/me/totp')).body
  const confirmed = await chrome.send('PUT /v1/me/totp', { code: codeOf(secret, -1) })
  expect(confirmed.status).toBe(200)
  return { ...who, chrome, secret, recoveryCodes: confirmed.body.recoveryCodes as string[] }
}
const addPasskey = async (chrome: Browser, key = softwareAuthenticator(origin)) => {
  const { challenge, options } = (await chrome.send('POST /v1/me/passkeys/options')).body
  const body = { challenge, name: 'Laptop', credential: key.register(options) }
  return { key, body, answer: await chrome.send('POST /v1/me/passkeys', body) }
}
const firstStep = async ({ email, password }: { email: string; password: string }, chrome = browser()) => {
  const answer = await chrome.send('POST /v1/sessions', { email, password })
  return { chrome, ...answer }
}

describe('an authenticator app', () => {
  test('makes signing in two steps: the password alone opens no session', async () => {
    const who = await withTotp()
    const { chrome, status, body } = await firstStep(who)
    expect(status).toBe(202)
    expect(body).toMatchObject({ methods: ['totp', 'recovery'], passkey: null })
    expect((await chrome.send('GET /v1/sessions')).status).toBe(401)
    const wrong = await chrome.send('POST /v1/sessions/second-factor', { challenge: body.challenge, code: '000000' })
    expect(wrong.body.type).toBe('auth.failed')
    const right = { challenge: body.challenge, code: codeOf(who.secret) }
    expect((await chrome.send('POST /v1/sessions/second-factor', right)).status).toBe(201)
    expect((await chrome.send(context)).body.principal.email).toBe(who.email)
    const [session] = await database.query<{ methods: string[] }>(
      'select methods from sessions where user_id = $1 order by created_at desc limit 1',
      [who.id],
    )
    expect(session?.methods).toEqual(['pwd', 'otp', 'mfa'])
  })

  test('ends what the password alone had opened elsewhere, once it is the first factor, and nothing else', async () => {
    const who = await member()
    const [chrome, thief] = [await signedIn(who), await signedIn(who)]
    const { key, answer } = await addPasskey(chrome)
    expect(answer.status).toBe(201)
    expect((await thief.send(context)).status).toBe(401)
    expect((await chrome.send(context)).status).toBe(200)
    const { chrome: phone, body } = await firstStep(who)
    const proof = { challenge: body.challenge, credential: key.assert(body.passkey) }
    expect((await phone.send('POST /v1/sessions/second-factor', proof)).status).toBe(201)
    const { secret } = (await phone.send('POST /v1/me/totp')).body
    expect((await phone.send('PUT /v1/me/totp', { code: codeOf(secret) })).status).toBe(200)
    for (const one of [chrome, phone]) expect((await one.send(context)).status).toBe(200)
    const ended = await database.query("select reason from events where account_id = $1 and name = 'session.ended'", [
      who.account,
    ])
    expect(ended).toEqual([{ reason: 'A second factor was added.' }])
  })

  test('takes each code once, also of two browsers at the same time', async () => {
    const who = await withTotp()
    const code = codeOf(who.secret)
    const tries = await Promise.all(
      [1, 2, 3].map(async () => {
        const { chrome, body } = await firstStep(who)
        return (await chrome.send('POST /v1/sessions/second-factor', { challenge: body.challenge, code })).status
      }),
    )
    expect(tries.toSorted()).toEqual([201, 401, 401])
  })

  test('a challenge is used up by success and forgotten after five minutes', async () => {
    const who = await withTotp()
    const { chrome, body } = await firstStep(who)
    const send = (code: string) => chrome.send('POST /v1/sessions/second-factor', { challenge: body.challenge, code })
    expect((await send(codeOf(who.secret))).status).toBe(201)
    expect((await send(codeOf(who.secret, 1))).body.type).toBe('auth.challenge_gone')
    const other = await firstStep(who)
    await later(6 * 60_000, async () => {
      const stale = { challenge: other.body.challenge, code: codeOf(who.secret) }
      expect((await other.chrome.send('POST /v1/sessions/second-factor', stale)).body.type).toBe('auth.challenge_gone')
    })
  })

  test('a challenge that a password opened ends with that password', async () => {
    const who = await withTotp()
    const { chrome, body } = await firstStep(who)
    const next = 'tangled orbit walnut'
    expect((await who.chrome.send('PUT /v1/me/password', { current: who.password, next })).status).toBe(204)
    const proof = { challenge: body.challenge, code: codeOf(who.secret) }
    expect((await chrome.send('POST /v1/sessions/second-factor', proof)).body.type).toBe('auth.challenge_gone')
    const renewed = await firstStep({ ...who, password: next })
    const fresh = { challenge: renewed.body.challenge, code: codeOf(who.secret) }
    expect((await renewed.chrome.send('POST /v1/sessions/second-factor', fresh)).status).toBe(201)
  })

  test('ten wrong codes lock the second step, whatever challenge they are for, and the right one too', async () => {
    const who = await withTotp()
    for (let i = 0; i < 10; i++) {
      const { chrome, body } = await firstStep(who)
      await chrome.send('POST /v1/sessions/second-factor', { challenge: body.challenge, code: '000000' })
    }
    const { chrome, body } = await firstStep(who)
    const locked = { challenge: body.challenge, code: codeOf(who.secret) }
    expect((await chrome.send('POST /v1/sessions/second-factor', locked)).body.type).toBe('auth.locked')
  })

  test('its secret is shown once and stored sealed', async () => {
    const who = await withTotp()
    const [stored] = await database.query('select sealed_secret from totp_secrets where user_id = $1', [who.id])
    expect(stored?.sealed_secret).toMatch(/^v1\./)
    expect(stored?.sealed_secret).not.toContain(who.secret)
    expect(JSON.stringify((await who.chrome.send('GET /v1/me/security')).body)).not.toContain(who.secret)
    expect((await who.chrome.send('POST /v1/me/totp')).body.type).toBe('totp.exists')
  })

  test('counts only once its first code was given', async () => {
    const who = await member()
    const chrome = await signedIn(who)
    await chrome.send('POST /v1/me/totp')
    expect((await firstStep(who)).status).toBe(201)
    expect((await chrome.send('GET /v1/me/security')).body.totp).toBeNull()
  })

  test('then confirms dangerous acts, which the password alone no longer does', async () => {
    const who = await withTotp()
    await later(20 * 60_000, async () => {
      expect((await who.chrome.send('DELETE /v1/me/totp')).body.type).toBe('auth.step_up_required')
      expect((await who.chrome.send('GET /v1/auth/step-up')).body.methods).toEqual(['totp'])
      const byPassword = await who.chrome.send('POST /v1/auth/step-up', { password: who.password })
      expect(byPassword.body.type).toBe('auth.failed')
      expect((await who.chrome.send('POST /v1/auth/step-up', { code: codeOf(who.secret) })).status).toBe(200)
      expect((await who.chrome.send('DELETE /v1/me/totp')).status).toBe(204)
    })
    expect((await firstStep(who)).status).toBe(201)
    const told = await eventsOf(database, who.account)
    expect(told).toEqual(expect.arrayContaining(['user.totp_added', 'session.confirmed', 'user.totp_removed']))
  })
})

describe('recovery codes', () => {
  test('are ten, come with the first factor, work once each, and are stored as hashes', async () => {
    const who = await withTotp()
    const [first = '', second = ''] = who.recoveryCodes
    expect(who.recoveryCodes).toHaveLength(10)
    const stored = JSON.stringify(await database.query('select * from recovery_codes where user_id = $1', [who.id]))
    for (const code of who.recoveryCodes) expect(stored).not.toContain(code)
    const use = async (recoveryCode: string) => {
      const { chrome, body } = await firstStep(who)
      return chrome.send('POST /v1/sessions/second-factor', { challenge: body.challenge, recoveryCode })
    }
    expect((await use(first.toUpperCase().replaceAll('-', ' '))).status).toBe(201)
    expect((await use(first)).status).toBe(401)
    expect((await use(second)).status).toBe(201)
    expect((await who.chrome.send('GET /v1/me/security')).body.recoveryCodes.left).toBe(8)
  })

  test('of another person prove nothing', async () => {
    const [one, two] = [await withTotp(), await withTotp()]
    const { chrome, body } = await firstStep(two)
    const foreign = { challenge: body.challenge, recoveryCode: one.recoveryCodes[0] }
    expect((await chrome.send('POST /v1/sessions/second-factor', foreign)).status).toBe(401)
  })

  test('made anew stop those before; without a factor there are none', async () => {
    const who = await withTotp()
    const fresh = (await who.chrome.send('POST /v1/me/recovery-codes')).body.recoveryCodes
    expect(fresh).toHaveLength(10)
    const { chrome, body } = await firstStep(who)
    const old = { challenge: body.challenge, recoveryCode: who.recoveryCodes[0] }
    expect((await chrome.send('POST /v1/sessions/second-factor', old)).status).toBe(401)
    await who.chrome.send('DELETE /v1/me/totp')
    expect((await who.chrome.send('GET /v1/me/security')).body.recoveryCodes).toBeNull()
    expect((await who.chrome.send('POST /v1/me/recovery-codes')).body.type).toBe('recovery_codes.no_factor')
  })
})

describe('a passkey', () => {
  const enter = async (key: ReturnType<typeof softwareAuthenticator>, differs = {}, chrome = browser()) => {
    const { challenge, options } = (await chrome.send('POST /v1/auth/passkey-options')).body
    const body = { challenge, credential: key.assert(options, differs) }
    return { chrome, body, answer: await chrome.send('POST /v1/sessions/passkey', body) }
  }

  test('signs in alone, without e-mail and password', async () => {
    const who = await member()
    const { key, answer } = await addPasskey(await signedIn(who))
    expect(answer).toMatchObject({ status: 201, body: { passkey: { name: 'Laptop', synced: false } } })
    expect(answer.body.recoveryCodes).toHaveLength(10)
    const entered = await enter(key)
    expect(entered.answer).toMatchObject({ status: 201, body: { principal: { email: who.email } } })
    expect((await entered.chrome.send(context)).status).toBe(200)
  })

  test('that is right forgives no failure of others at its address', async () => {
    const [owner, eve] = [await member(), browser()]
    const { key } = await addPasskey(await signedIn(owner))
    const guess = (i: number) =>
      eve.send('POST /v1/sessions', { email: `${i}-${owner.email}`, password: owner.password })
    await Promise.all(Array.from({ length: 49 }, (_, i) => guess(i)))
    expect((await enter(key, {}, eve)).answer.status).toBe(201)
    expect((await guess(49)).status).toBe(401)
    expect((await guess(50)).body.type).toBe('auth.locked')
    expect((await enter(key, {}, eve)).answer.body.type).toBe('auth.locked')
  })

  test('is the second factor after the password', async () => {
    const who = await member()
    const { key } = await addPasskey(await signedIn(who))
    const { chrome, body } = await firstStep(who)
    expect(body.methods).toEqual(['passkey', 'recovery'])
    const proof = { challenge: body.challenge, credential: key.assert(body.passkey) }
    expect((await chrome.send('POST /v1/sessions/second-factor', proof)).status).toBe(201)
  })

  test('of somebody else is no second factor, and the challenge is used up by the try', async () => {
    const who = await member()
    const [own, other] = [await addPasskey(await signedIn(who)), await addPasskey(await signedIn(await member()))]
    const { chrome, body } = await firstStep(who)
    const send = (key: typeof own.key) =>
      chrome.send('POST /v1/sessions/second-factor', {
        challenge: body.challenge,
        credential: key.assert(body.passkey),
      })
    expect((await send(other.key)).body.type).toBe('auth.failed')
    expect((await send(own.key)).body.type).toBe('auth.challenge_gone')
  })

  test.each([
    ['a page of another host', { origin: 'https://evil.example' }],
    ['a challenge that was never given', { challenge: 'AAAA' }],
    ['an authenticator that did not ask for the person', { verified: false }],
    ['a signature that is not of this key', { broken: true }],
    ['a counter that went back, as of a copied key', { counter: 1 }],
    ['an answer to another question', { type: 'webauthn.create' }],
  ])('is refused from %s', async (_, differs) => {
    const who = await member()
    const { key } = await addPasskey(await signedIn(who))
    await enter(key)
    const refused = await enter(key, differs)
    expect(refused.answer).toMatchObject({ status: 401, body: { type: 'auth.failed' } })
    expect((await refused.chrome.send('GET /v1/sessions')).status).toBe(401)
  })

  test('an answer works once: a replay opens nothing', async () => {
    const { key } = await addPasskey(await signedIn(await member()))
    const { chrome, body } = await enter(key)
    const replay = await browser().send('POST /v1/sessions/passkey', body)
    expect(replay.body.type).toBe('auth.challenge_gone')
    expect(chrome).toBeDefined()
  })

  test('is registered for whom the challenge was made, once', async () => {
    const [one, two] = [await signedIn(await member()), await signedIn(await member())]
    const { body, answer } = await addPasskey(one)
    expect(answer.status).toBe(201)
    expect((await one.send('POST /v1/me/passkeys', body)).body.type).toBe('auth.challenge_gone')
    const { challenge, options } = (await one.send('POST /v1/me/passkeys/options')).body
    const stolen = { challenge, name: 'x', credential: softwareAuthenticator(origin).register(options) }
    expect((await two.send('POST /v1/me/passkeys', stolen)).body.type).toBe('auth.challenge_gone')
  })

  test('that is registered already is nobody else’s first factor', async () => {
    const { key } = await addPasskey(await signedIn(await member()))
    const { answer } = await addPasskey(await signedIn(await member()), key)
    expect(answer).toMatchObject({ status: 409, body: { type: 'passkey.exists' } })
  })

  test('can be renamed and removed by its owner only; the last one takes the recovery codes along', async () => {
    const who = await member()
    const chrome = await signedIn(who)
    const { key, answer } = await addPasskey(chrome)
    const { id } = answer.body.passkey
    const stranger = await signedIn(await member())
    expect((await stranger.send(`PATCH /v1/me/passkeys/${id}`, { name: 'Mine' })).status).toBe(404)
    expect((await stranger.send(`DELETE /v1/me/passkeys/${id}`)).status).toBe(404)
    expect((await chrome.send(`PATCH /v1/me/passkeys/${id}`, { name: 'Desk' })).body.name).toBe('Desk')
    expect((await chrome.send(`DELETE /v1/me/passkeys/${id}`)).status).toBe(204)
    expect((await chrome.send('GET /v1/me/security')).body).toMatchObject({ passkeys: [], recoveryCodes: null })
    expect((await enter(key)).answer.status).toBe(401)
  })

  test('confirms a dangerous act', async () => {
    const chrome = await signedIn(await member())
    const { key, answer } = await addPasskey(chrome)
    await later(20 * 60_000, async () => {
      const remove = `DELETE /v1/me/passkeys/${answer.body.passkey.id}`
      expect((await chrome.send(remove)).body.type).toBe('auth.step_up_required')
      const { challenge, options } = (await chrome.send('POST /v1/auth/step-up/passkey')).body
      const passkey = { challenge, credential: key.assert(options) }
      expect((await chrome.send('POST /v1/auth/step-up', { passkey })).status).toBe(200)
      expect((await chrome.send(remove)).status).toBe(204)
    })
  })
})

test('a program has no factors of its own', async () => {
  const front = openHouse(database, { masterKey: 'mk_0123456789abcdef' })
  const answer = await front
    .browser()
    .send('POST /v1/me/totp', undefined, { authorization: 'Bearer mk_0123456789abcdef' })
  expect(answer.status).toBe(403)
})
