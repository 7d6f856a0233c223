/** The rules of every write, through the front door: a named one happens once, a versioned one undoes nobody's change. */
import { contract } from '@cockpit/contract'
import { isSingle, type Route, takesIdempotencyKey } from '@cockpit/contract/kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openAccount, password, signIn, type TestAccount } from '../support/account.ts'
import { masterKey, startCockpit, type TestCockpit } from '../support/cockpit.ts'

let cockpit: TestCockpit
let acme: TestAccount
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

const open = async () => {
  acme = await openAccount(cockpit)
  return acme
}
const send = (line: string, body?: unknown, headers: Record<string, string> = {}) =>
  cockpit.send(line, {
    ...(body !== undefined && { body }),
    headers: { authorization: `Bearer ${masterKey}`, 'x-account-id': acme.id, ...headers },
  })
const named = (key: string) => ({ 'idempotency-key': key })
const orgs = async () => (await acme.api.orgs.list()).items.map(({ name }) => name)
const rowOf = async (key: string) =>
  (
    await cockpit.database.query<{ answer: string | null; changed_at: Date | null }>(
      'select answer, changed_at from idempotent_writes where account_id = $1 and key = $2',
      [acme.id, key],
    )
  )[0]

describe('a write with an Idempotency-Key', () => {
  test('sent twice happens once, and answers the same both times', async () => {
    await open()
    const first = await send('POST /v1/orgs', { name: 'Once' }, named('one'))
    const again = await send('POST /v1/orgs', { name: 'Once' }, named('one'))
    expect([first.status, first.headers.get('idempotency-replayed')]).toEqual([201, null])
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
    expect(JSON.parse(again.text)).toEqual(JSON.parse(first.text))
    expect((await orgs()).filter((name) => name === 'Once')).toHaveLength(1)
  })

  test('sent many times at once happens once', async () => {
    await open()
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => send('POST /v1/keys', keyBody(), named('burst'))),
    )
    expect(new Set(answers.map(({ status }) => status)).difference(new Set([201, 409]))).toEqual(new Set())
    for (const { text } of answers.filter(({ status }) => status === 409))
      expect(JSON.parse(text).type).toBe('idempotency.in_progress')
    expect((await acme.api.keys.list()).items).toHaveLength(1)
  })

  test('with another body is refused', async () => {
    await open()
    await send('POST /v1/orgs', { name: 'First' }, named('reused'))
    const other = await send('POST /v1/orgs', { name: 'Second' }, named('reused'))
    expect([other.status, JSON.parse(other.text).type]).toEqual([422, 'idempotency.key_reused'])
    expect(await orgs()).not.toContain('Second')
  })

  test('belongs to its caller, account and route', async () => {
    await open()
    const body = { name: 'Mine' }
    await send('POST /v1/orgs', body, named('shared'))
    const admin = await signIn(cockpit, acme.email)
    const byOther = await cockpit.send('POST /v1/orgs', { body, headers: { ...admin, ...named('shared') } })
    expect([byOther.status, JSON.parse(byOther.text).type]).toEqual([409, 'org.name_taken'])
    await open()
    const elsewhere = await send('POST /v1/orgs', body, named('shared'))
    expect([elsewhere.status, elsewhere.headers.get('idempotency-replayed')]).toEqual([201, null])
  })

  test('that was refused may be sent again when the reason is gone', async () => {
    await open()
    const body = { name: 'Taken' }
    const org = await acme.api.orgs.create({ body })
    expect((await send('POST /v1/orgs', body, named('later'))).status).toBe(409)
    await acme.api.orgs.remove({ params: { id: org.id } })
    expect((await send('POST /v1/orgs', body, named('later'))).status).toBe(201)
  })

  test('shows a secret again to its caller, and keeps it sealed', async () => {
    await open()
    const first = JSON.parse((await send('POST /v1/keys', keyBody(), named('secret'))).text) as { secret: string }
    const again = JSON.parse((await send('POST /v1/keys', keyBody(), named('secret'))).text) as { secret: string }
    expect(again.secret).toBe(first.secret)
    const { answer } = (await rowOf('secret')) ?? {}
    expect(answer).toMatch(/^v1\./)
    expect(answer).not.toContain(first.secret)
  })

  test('whose process died after the change is not done twice', async () => {
    await open()
    await send('POST /v1/orgs', { name: 'Half' }, named('died'))
    expect((await rowOf('died'))?.changed_at).toBeInstanceOf(Date)
    // what a crash between the commit of the change and the noted answer leaves
    await forget("answer = null, started_at = now() - interval '1 hour'", 'died')
    const again = await send('POST /v1/orgs', { name: 'Half' }, named('died'))
    expect([again.status, JSON.parse(again.text).type]).toEqual([409, 'idempotency.answer_lost'])
    expect((await orgs()).filter((name) => name === 'Half')).toHaveLength(1)
  })

  test('whose process died before the change is done by the next attempt', async () => {
    await open()
    const body = { name: 'Untouched' }
    const org = JSON.parse((await send('POST /v1/orgs', body, named('early'))).text) as { id: string }
    await acme.api.orgs.remove({ params: { id: org.id } })
    await forget('answer = null, changed_at = null', 'early')
    const soon = await send('POST /v1/orgs', body, named('early'))
    expect([soon.status, JSON.parse(soon.text).type]).toEqual([409, 'idempotency.in_progress'])
    await forget("started_at = now() - interval '1 hour'", 'early')
    expect((await send('POST /v1/orgs', body, named('early'))).status).toBe(201)
  })

  test('in the platform may change what belongs to an account', async () => {
    await open()
    const body = { amount: '5', note: 'twice' }
    const line = `POST /v1/accounts/${acme.id}/grants`
    const first = await send(line, body, { ...named('grant'), 'x-account-id': '' })
    const again = await send(line, body, { ...named('grant'), 'x-account-id': '' })
    expect([first.status, again.text]).toEqual([201, first.text])
    const { items } = await cockpit.as().budgets.grants({ params: { id: acme.id } })
    expect(items.filter(({ note }) => note === 'twice')).toHaveLength(1)
  })

  test('of more than 255 characters is refused', async () => {
    await open()
    const answer = await send('POST /v1/orgs', { name: 'Long' }, named('x'.repeat(256)))
    expect([answer.status, JSON.parse(answer.text).errors[0].pointer]).toEqual([400, '/idempotency-key'])
  })

  test('says nothing where nobody is known: an answer may be no other caller’s', async () => {
    await open()
    const body = { email: acme.email, password }
    const [one, two] = [
      await cockpit.send('POST /v1/sessions', { body, headers: named('login') }),
      await cockpit.send('POST /v1/sessions', { body, headers: named('login') }),
    ]
    expect([one.status, two.status, two.headers.get('idempotency-replayed')]).toEqual([201, 201, null])
    expect(two.headers.getSetCookie()).not.toEqual(one.headers.getSetCookie())
  })

  test('is forgotten after a day', async () => {
    await open()
    await send('POST /v1/orgs', { name: 'Daily' }, named('day'))
    await forget("started_at = now() - interval '25 hours'", 'day')
    const answer = await send('POST /v1/orgs', { name: 'Daily' }, named('day'))
    expect([answer.status, JSON.parse(answer.text).type]).toEqual([409, 'org.name_taken'])
  })
})

describe('a write with If-Match', () => {
  test('changes what its caller has seen', async () => {
    await open()
    const org = await made('Seen')
    const changed = await send(`PATCH /v1/orgs/${org.id}`, { name: 'Changed' }, { 'if-match': org.etag })
    expect(changed.status, changed.text).toBe(200)
    const read = await send(`GET /v1/orgs/${org.id}`)
    expect(read.headers.get('etag')).toBe(changed.headers.get('etag'))
    expect(read.headers.get('etag')).not.toBe(org.etag)
  })

  test('is refused with 412 when somebody changed it meanwhile', async () => {
    await open()
    const org = await made('Before')
    await send(`PATCH /v1/orgs/${org.id}`, { name: 'Theirs' })
    for (const [line, body] of [
      [`PATCH /v1/orgs/${org.id}`, { name: 'Mine' }],
      [`DELETE /v1/orgs/${org.id}`, undefined],
    ] as const) {
      const answer = await send(line, body, { 'if-match': org.etag })
      expect([answer.status, JSON.parse(answer.text).type]).toEqual([412, 'write.changed_meanwhile'])
    }
    expect(await orgs()).toContain('Theirs')
  })

  test('wins once, when many who saw the same write at once', async () => {
    await open()
    const org = await made('Raced')
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        send(`PATCH /v1/orgs/${org.id}`, { name: `Writer ${n}` }, { 'if-match': org.etag }),
      ),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 7 }, () => 412)])
  })

  test('of something in another account answers like something that is not there', async () => {
    await open()
    const foreign = await made('Foreign')
    await open()
    const there = await send(`PATCH /v1/orgs/${foreign.id}`, { name: 'X' }, { 'if-match': foreign.etag })
    const nowhere = await send(
      `PATCH /v1/orgs/${foreign.id.replace(/..$/, 'zz')}`,
      { name: 'X' },
      { 'if-match': '"x"' },
    )
    const bare = ({ text }: { text: string }) => ({ ...JSON.parse(text), requestId: null })
    expect([there.status, bare(there)]).toEqual([404, bare(nowhere)])
  })

  test('of something without a version is refused, not carried out', async () => {
    await open()
    const account = await acme.api.serviceAccounts.create({ body: { name: 'CI' } })
    const answer = await send(`DELETE /v1/service-accounts/${account.id}`, undefined, { 'if-match': '"x"' })
    expect(answer.status).toBe(412)
    expect((await acme.api.serviceAccounts.list()).items).toHaveLength(1)
  })

  test('is not refused because a person was seen or got a key', async () => {
    await open()
    const line = `/v1/users/${acme.admin.id}`
    const etag = (await send(`GET ${line}`)).headers.get('etag') ?? ''
    await signIn(cockpit, acme.email)
    await send('POST /v1/keys', keyBody())
    const answer = await send(`PATCH ${line}`, { name: 'Ada L.' }, { 'if-match': etag })
    expect(answer.status, answer.text).toBe(200)
  })

  test('and an Idempotency-Key answers its first answer, although the version is another one by then', async () => {
    await open()
    const org = await made('Both')
    const headers = { 'if-match': org.etag, ...named('both') }
    const first = await send(`PATCH /v1/orgs/${org.id}`, { name: 'Both now' }, headers)
    const again = await send(`PATCH /v1/orgs/${org.id}`, { name: 'Both now' }, headers)
    expect([first.status, again.status, again.text]).toEqual([200, 200, first.text])
  })
})

test('OpenAPI names both headers exactly where they count', async () => {
  const document = JSON.parse((await cockpit.send('GET /openapi.json')).text)
  const routes = Object.values(contract as Record<string, Record<string, Route>>).flatMap((one) => Object.values(one))
  const versioned = new Set(routes.filter(isSingle).map(({ path }) => path))
  for (const route of routes) {
    const said = JSON.stringify(document.paths[route.path][route.method.toLowerCase()])
    const guarded = ['PUT', 'PATCH', 'DELETE'].includes(route.method) && versioned.has(route.path)
    expect(
      [said.includes('IdempotencyKey'), said.includes('IfMatch'), said.includes('headers/ETag')],
      route.path,
    ).toEqual([takesIdempotencyKey(route), guarded, isSingle(route)])
  }
})

const keyBody = () => ({ name: 'CI', owner: { kind: 'user', id: acme.admin.id } })
const made = async (name: string) => {
  const answer = await send('POST /v1/orgs', { name })
  const { id } = JSON.parse(answer.text) as { id: string }
  const etag = (await send(`GET /v1/orgs/${id}`)).headers.get('etag') ?? ''
  expect(answer.headers.get('etag')).toBe(etag)
  return { id, etag }
}
const forget = (what: string, key: string) =>
  cockpit.database.query(`update idempotent_writes set ${what} where account_id = $1 and key = $2`, [acme.id, key])
