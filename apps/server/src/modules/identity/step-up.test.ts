import { identityRoutes } from '@cockpit/contract/identity'
import { describe, expect, test } from 'vitest'
import { systemCtx } from '../../platform/index.ts'
import { testAccount, testDatabase } from '../../platform/testing.ts'
import { openHouse } from './testing.ts'

const database = await testDatabase()
let shiftMs = 0
const house = openHouse(database, { now: () => new Date(Date.now() + shiftMs) })
const { person, signedIn, browser } = house
const minuteMs = 60_000
const later = async (ms: number, work: () => Promise<void>) => {
  shiftMs += ms
  try {
    await work()
  } finally {
    shiftMs -= ms
  }
}
const member = async () => {
  const account = await testAccount(database)
  return { ...(await person({ [account]: 'account_admin' })), account }
}
const context = 'GET /v1/me/context'
const change = (current: string) => ['PUT /v1/me/password', { current, next: 'another long password' }] as const

describe('a dangerous act', () => {
  test('is marked as such: changing the own password', () => {
    expect(identityRoutes.changePassword).toMatchObject({ stepUp: true })
  })

  test('is refused a quarter of an hour after the proof, and done after another one', async () => {
    const who = await member()
    const chrome = await signedIn(who)
    await later(16 * minuteMs, async () => {
      const refused = await chrome.send(...change(who.password))
      expect(refused).toMatchObject({ status: 401, body: { type: 'auth.step_up_required' } })
      expect((await chrome.send(context)).status).toBe(200)
      expect((await chrome.send('POST /v1/auth/step-up', { password: 'wrong' })).body.type).toBe('auth.failed')
      expect((await chrome.send(...change(who.password))).body.type).toBe('auth.step_up_required')
      const confirmed = await chrome.send('POST /v1/auth/step-up', { password: who.password })
      expect(confirmed).toMatchObject({ status: 200, body: { methods: ['password'] } })
      expect((await chrome.send(...change(who.password))).status).toBe(204)
    })
  })

  test('is not opened to the secret the session had before the proof, which soon stops working altogether', async () => {
    const who = await member()
    const chrome = await signedIn(who)
    const thief = browser()
    thief.cookies = { ...chrome.cookies }
    await later(16 * minuteMs, async () => {
      await chrome.send('POST /v1/auth/step-up', { password: who.password })
      expect((await thief.send(context)).status).toBe(200)
      expect((await thief.send(...change(who.password))).body.type).toBe('auth.step_up_required')
    })
    await later(17 * minuteMs, async () => {
      expect((await thief.send(context)).status).toBe(401)
      expect((await chrome.send(context)).status).toBe(200)
    })
  })

  test('guessing the password there locks like guessing it at sign-in', async () => {
    const who = await member()
    const chrome = await signedIn(who)
    for (let i = 0; i < 10; i++) await chrome.send('POST /v1/auth/step-up', { password: 'wrong' })
    const locked = await chrome.send('POST /v1/auth/step-up', { password: who.password })
    expect(locked.body.type).toBe('auth.locked')
    const { email, password } = who
    expect((await browser({ ip: chrome.ip }).send('POST /v1/sessions', { email, password })).status).toBe(429)
  })
})

test('all sessions of a person end in the transaction of the reason, which stands in each event', async () => {
  const who = await member()
  const [chrome, phone] = [await signedIn(who), await signedIn(who)]
  const { endAllOf } = house.identity.sessions
  const count = await database.db.platform(systemCtx('test'), (tx) =>
    endAllOf(tx, who.id, { reason: 'Left the company.' }),
  )
  expect(count).toBe(2)
  expect([(await chrome.send(context)).status, (await phone.send(context)).status]).toEqual([401, 401])
  const told = await database.query<{ reason: string }>(
    "select reason from events where account_id = $1 and name = 'session.ended'",
    [who.account],
  )
  expect(told.map(({ reason }) => reason)).toEqual(['Left the company.', 'Left the company.'])
})
