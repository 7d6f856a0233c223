/** The sealed way in, through the front door: a real server, once with a seal and once without. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createClient } from '@cockpit/client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { newSeal } from '../../packages/client/src/break-glass-seal.ts'
import { openAccount, password } from '../support/account.ts'
import { masterKey, startCockpit, type TestCockpit } from '../support/cockpit.ts'

const sameOrigin = { 'sec-fetch-site': 'same-origin' }
const superAdmin = { authorization: `Bearer ${masterKey}` }
const reason = 'The identity provider is down.'
let cockpit: TestCockpit
let code = ''

/** A server with a fresh seal: a code is good for one test. */
const seal = async () => {
  const made = newSeal()
  const started = await startCockpit({ COCKPIT_BREAK_GLASS: made.seal })
  return { cockpit: started, code: made.code }
}
const cookieOf = (answer: Response | { headers: Headers }) => answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
const breakIt = (body: object = {}, headers: Record<string, string> = {}, of = cockpit) =>
  of.send('POST /v1/break-glass', { body: { code, reason, ...body }, headers: { ...sameOrigin, ...headers } })
const holder = async () => {
  const answer = await breakIt()
  expect(answer.status, answer.text).toBe(201)
  return { cookie: cookieOf(answer), ...sameOrigin }
}

const opened: TestCockpit[] = []
const freshlySealed = async () => {
  ;({ cockpit, code } = await seal())
  opened.push(cockpit)
}
afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop()
})

describe('without a seal', () => {
  let unsealed: TestCockpit
  beforeAll(async () => {
    unsealed = await startCockpit()
  })
  afterAll(() => unsealed?.stop())

  test.each(['GET', 'POST'])('%s /v1/break-glass answers like an address that never was', async (method) => {
    const ask = (path: string) =>
      unsealed.send(`${method} ${path}`, { headers: sameOrigin, ...(method === 'POST' && { body: { code, reason } }) })
    const plain = (text: string) => text.replaceAll(/\/v1\/[\w-]+/g, '<path>').replace(/req_\w+/, '<request>')
    const [here, nowhere] = [await ask('/v1/break-glass'), await ask('/v1/nothing-here')]
    expect([here.status, plain(here.text)]).toEqual([404, plain(nowhere.text)])
    const names = (headers: Headers) => [...headers.keys()].sort()
    expect(names(here.headers)).toEqual(names(nowhere.headers))
  })
})

describe('the code', () => {
  beforeEach(freshlySealed)

  test('opens a session of a super admin that ends within an hour', async () => {
    const before = Date.now()
    const answer = await breakIt()
    expect(answer.status, answer.text).toBe(201)
    const me = JSON.parse(answer.text)
    expect(me).toMatchObject({
      principal: { kind: 'break_glass', name: 'Break-glass administrator', email: null },
      isSuperAdmin: true,
      isPlatform: true,
      authProvider: 'break_glass',
      roles: ['super_admin'],
      breakGlass: { reason },
    })
    const lasts = Date.parse(me.breakGlass.endsAt) - before
    expect(lasts).toBeGreaterThan(59 * 60_000)
    expect(lasts).toBeLessThanOrEqual(60 * 60_000 + 5_000)
    const headers = { cookie: cookieOf(answer), ...sameOrigin }
    expect((await cockpit.send('GET /v1/accounts', { headers })).status).toBe(200)
  })

  test('is understood as people type it', async () => {
    expect((await breakIt({ code: ` ${code.toLowerCase().replaceAll('-', ' ')} ` })).status).toBe(201)
  })

  test('can ask for less than an hour and not for more', async () => {
    expect((await breakIt({ minutes: 61 })).status).toBe(400)
    const me = JSON.parse((await breakIt({ minutes: 5 })).text)
    expect(Date.parse(me.breakGlass.endsAt) - Date.now()).toBeLessThanOrEqual(5 * 60_000)
  })

  test('works once: the next one is told so in a sentence', async () => {
    expect((await breakIt()).status).toBe(201)
    const again = await breakIt()
    expect([again.status, JSON.parse(again.text)]).toMatchObject([
      403,
      { type: 'break_glass.used', detail: expect.stringMatching(/^This code was used at .*cockpit break-glass seal/) },
    ])
    expect(again.headers.getSetCookie()).toEqual([])
  })

  test('works once also for two browsers at the same time', async () => {
    const answers = await Promise.all([breakIt(), breakIt(), breakIt()])
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 403, 403])
  })

  test('needs a reason', async () => {
    const answer = await breakIt({ reason: '  ' })
    expect([answer.status, JSON.parse(answer.text).errors[0].pointer]).toEqual([400, '/reason'])
  })

  test('is locked out after ten wrong guesses from an address, and no other address is', async () => {
    const from = (ip: string) => ({ 'x-forwarded-for': ip })
    for (let i = 0; i < 10; i++) {
      const wrong = await breakIt({ code: 'AAAAA-AAAAA' }, from('203.0.113.7'))
      expect([wrong.status, JSON.parse(wrong.text).type]).toEqual([401, 'auth.failed'])
    }
    const right = await breakIt({}, from('203.0.113.7'))
    expect([right.status, JSON.parse(right.text).type]).toEqual([429, 'auth.locked'])
    expect((await breakIt({}, from('203.0.113.8'))).status).toBe(201)
  })

  test('is stored nowhere, and shown nowhere', async () => {
    const headers = await holder()
    const [stored] = await cockpit.database.query(`select concat(
      (select json_agg(s) from break_glass_sessions s), (select json_agg(e) from events e)) as text`)
    const settings = await cockpit.send('GET /v1/installation', { headers })
    expect([settings.status, settings.text]).toEqual([200, expect.stringContaining('COCKPIT_BREAK_GLASS')])
    expect(settings.text).not.toContain('sha256:')
    expect(String(stored?.text)).toContain(reason)
    for (const text of [String(stored?.text), settings.text])
      for (const secret of [code, code.replaceAll('-', ''), String(headers.cookie.split('=')[1])])
        expect(text).not.toContain(secret)
  })

  test('is not spent where the networks of the platform admit nobody; the machine itself always may', async () => {
    const people = [{ network: '198.51.100.0/24', note: 'Office' }]
    const set = await cockpit.send('PATCH /v1/security/networks', {
      body: { people, force: true },
      headers: superAdmin,
    })
    expect(set.status, set.text).toBe(200)
    const outside = await breakIt({}, { 'x-forwarded-for': '203.0.113.7' })
    expect([outside.status, JSON.parse(outside.text).type]).toEqual([403, 'network.not_allowed'])
    const headers = await holder()
    expect((await cockpit.send('GET /v1/accounts', { headers })).status).toBe(200)
    const elsewhere = await cockpit.send('GET /v1/accounts', {
      headers: { ...headers, 'x-forwarded-for': '203.0.113.7' },
    })
    expect([elsewhere.status, JSON.parse(elsewhere.text).type]).toEqual([403, 'network.not_allowed'])
  })
})

describe('the session', () => {
  beforeEach(freshlySealed)

  test('ends on time: use does not renew it', async () => {
    const headers = await holder()
    expect((await cockpit.send('GET /v1/accounts', { headers })).status).toBe(200)
    await cockpit.database.query(
      "update break_glass_sessions set opened_at = opened_at - interval '61 minutes', expires_at = expires_at - interval '61 minutes'",
    )
    expect((await cockpit.send('GET /v1/accounts', { headers })).status).toBe(401)
  })

  test('confirms a dangerous act with the code, which does not make it longer', async () => {
    const headers = await holder()
    await cockpit.database.query(
      "update break_glass_sessions set authenticated_at = authenticated_at - interval '16 minutes'",
    )
    const add = (cookie: string) =>
      cockpit.send('POST /v1/platform-people', {
        headers: { ...headers, cookie },
        body: { email: 'new@example.com', name: 'New', role: 'super_admin', password },
      })
    const stale = await add(headers.cookie)
    expect([stale.status, JSON.parse(stale.text).type]).toEqual([401, 'auth.step_up_required'])
    const ways = await cockpit.send('GET /v1/auth/step-up', { headers })
    expect(JSON.parse(ways.text).methods).toEqual(['break_glass'])
    const prove = (breakGlassCode: string) =>
      cockpit.send('POST /v1/auth/step-up', { headers, body: { breakGlassCode } })
    expect((await prove('AAAAA-AAAAA')).status).toBe(401)
    const ends = () => cockpit.database.query('select expires_at from break_glass_sessions')
    const before = await ends()
    const proven = await prove(code)
    expect(proven.status, proven.text).toBe(200)
    expect(await ends()).toEqual(before)
    expect((await add(cookieOf(proven))).status).toBe(201)
  })

  test('is what lets a locked-out administrator in again: the link it makes works while it lasts', async () => {
    const account = await openAccount(cockpit)
    const headers = { ...(await holder()), 'x-account-id': account.id }
    const made = await cockpit.send(`POST /v1/users/${account.admin.id}/password-reset`, { headers })
    expect(made.status, made.text).toBe(201)
    const token = String(JSON.parse(made.text).link).split('#')[1]
    const next = 'an entirely new passphrase'
    const used = await cockpit.send('POST /v1/auth/password-reset', {
      headers: sameOrigin,
      body: { token, password: next },
    })
    expect(used.status, used.text).toBe(204)
    const signedIn = await cockpit.send('POST /v1/sessions', {
      headers: sameOrigin,
      body: { email: account.email, password: next },
    })
    expect(signedIn.status).toBe(201)
  })

  test('sees the product as nobody else, and signs out like any', async () => {
    const account = await openAccount(cockpit)
    const headers = await holder()
    const as = await cockpit.send('POST /v1/impersonations', {
      headers: { ...headers, 'x-account-id': account.id },
      body: { userId: account.admin.id, reason },
    })
    expect(as.status).toBe(403)
    // the button of the console, which also asks the identity provider where there is one
    expect((await cockpit.send('POST /v1/auth/sign-out', { headers })).status).toBe(200)
    expect((await cockpit.send('GET /v1/accounts', { headers })).status).toBe(401)
  })

  test('opens nothing once another seal is in force', async () => {
    const headers = await holder()
    await cockpit.database.query("update break_glass_sessions set seal_fingerprint = 'of another seal'")
    expect((await cockpit.send('GET /v1/accounts', { headers })).status).toBe(401)
  })

  test('takes the place of the session that the browser had', async () => {
    const account = await openAccount(cockpit)
    const before = await cockpit.send('POST /v1/sessions', {
      headers: sameOrigin,
      body: { email: account.email, password },
    })
    const cookie = cookieOf(before)
    expect((await breakIt({}, { cookie })).status).toBe(201)
    expect((await cockpit.send('GET /v1/sessions', { headers: { cookie, ...sameOrigin } })).status).toBe(401)
  })
})

describe('everybody who should know', () => {
  beforeEach(freshlySealed)

  const boss = async (name: string) => {
    const email = `${name}@example.com`
    await cockpit.as().platformPeople.add({ body: { email, name, role: 'super_admin', password } })
    const answer = await cockpit.send('POST /v1/sessions', { headers: sameOrigin, body: { email, password } })
    return { cookie: cookieOf(answer), ...sameOrigin }
  }
  const toldTo = async (headers: Record<string, string>) =>
    JSON.parse((await cockpit.send('GET /v1/break-glass/sessions', { headers })).text).items

  test('is told until they say that they know, each for themselves', async () => {
    const [ann, bob] = [await boss('ann'), await boss('bob')]
    expect(await toldTo(ann)).toEqual([])
    await holder()
    const [told] = await toldTo(ann)
    expect(told).toMatchObject({ reason, open: true, acknowledged: false, ip: expect.any(String) })
    const noted = await cockpit.send('POST /v1/break-glass/acknowledgements', {
      headers: ann,
      body: { upTo: told.openedAt },
    })
    expect(noted.status).toBe(204)
    expect((await toldTo(ann))[0].acknowledged).toBe(true)
    expect((await toldTo(bob))[0].acknowledged).toBe(false)
  })

  test('can end it at once', async () => {
    const ann = await boss('ann')
    const headers = await holder()
    const ended = await cockpit.send('DELETE /v1/break-glass/sessions', { headers: ann })
    expect(JSON.parse(ended.text)).toEqual({ ended: 1 })
    expect((await cockpit.send('GET /v1/accounts', { headers })).status).toBe(401)
    expect((await toldTo(ann))[0].open).toBe(false)
  })

  test('is no operator of the platform, and no admin of an account', async () => {
    const email = 'operator@example.com'
    await cockpit.as().platformPeople.add({ body: { email, name: 'Op', role: 'platform_operator', password } })
    const account = await openAccount(cockpit)
    for (const who of [email, account.email]) {
      const answer = await cockpit.send('POST /v1/sessions', { headers: sameOrigin, body: { email: who, password } })
      const headers = { cookie: cookieOf(answer), ...sameOrigin }
      expect((await cockpit.send('GET /v1/break-glass/sessions', { headers })).status).toBe(403)
      expect((await cockpit.send('DELETE /v1/break-glass/sessions', { headers })).status).toBe(403)
    }
  })

  test('reads every act in the audit log with who it was and why', async () => {
    const account = await openAccount(cockpit)
    const headers = await holder()
    const inAccount = { ...headers, 'x-account-id': account.id }
    expect((await cockpit.send('POST /v1/teams', { headers: inAccount, body: { name: 'Rescue' } })).status).toBe(201)
    await cockpit.send('DELETE /v1/sessions/current', { headers })
    const events = await cockpit.database.query(
      "select name, reason, actor, session_id from events where actor->>'kind' = 'break_glass' order by at, id",
    )
    expect(events.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['break_glass.opened', 'team.created', 'break_glass.ended']),
    )
    for (const event of events)
      expect(event).toMatchObject({
        reason: `Break-glass: ${reason}`,
        actor: { name: 'Break-glass administrator' },
        session_id: expect.stringMatching(/^bgl_/),
      })
    const api = createClient({ baseUrl: cockpit.url, headers: { ...superAdmin, 'x-account-id': account.id } })
    const { items } = await api.audit.list()
    expect(items.find(({ name }) => name === 'team.created')).toMatchObject({ actor: { kind: 'break_glass' } })
  })

  test('finds refused codes there too', async () => {
    await breakIt({ code: 'AAAAA-AAAAA' })
    await breakIt()
    await breakIt()
    await expect
      .poll(
        async () => {
          const rows = await cockpit.database.query(
            "select after->>'code' as code from events where outcome = 'denied' and subject->>'id' = 'POST /v1/break-glass'",
          )
          return rows.map((row) => row.code).sort()
        },
        { timeout: 5_000 },
      )
      .toEqual(['auth.failed', 'break_glass.used'])
  })
})

test('what `cockpit break-glass seal` prints is a code that opens the server which has the line', async () => {
  const cli = fileURLToPath(new URL('../../packages/client/src/cli.ts', import.meta.url))
  const printed = () => execFileSync(process.execPath, [cli, 'break-glass', 'seal'], { encoding: 'utf8' })
  const text = printed()
  const [, made = ''] = /^ {2}((?:[2-9A-HJKMNP-TV-Z]{5}-){7}[2-9A-HJKMNP-TV-Z]{5})$/m.exec(text) ?? []
  const [, line = ''] = /^ {2}COCKPIT_BREAK_GLASS=(\S+)$/m.exec(text) ?? []
  expect(printed()).not.toContain(made)
  const sealed = await startCockpit({ COCKPIT_BREAK_GLASS: line })
  opened.push(sealed)
  expect((await breakIt({ code: made }, {}, sealed)).status).toBe(201)
})
