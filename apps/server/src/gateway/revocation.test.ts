import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import type { TokenPort, TokenUser } from './ports.ts'
import {
  accountSlice,
  chat,
  chunk,
  connectionTo,
  keyNamed,
  modelNamed,
  platformSlice,
  runGateway,
  send,
  sse,
  stopsOfTest,
  unlimited,
  until,
  upstream,
} from './testing.ts'

const stops = stopsOfTest()

/** Words without end, one at a time. */
const endless = async (res: ServerResponse) => {
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  while (!res.destroyed) {
    res.write(sse(chunk('word ')))
    await new Promise((resume) => setTimeout(resume, 5))
  }
}

const tokenOf = (name: string) => `eyJ.${name}.sig`
const users = new Map<string, TokenUser>()
/** Verifies at the second look, as an issuer that must be asked. */
const tokens = (): TokenPort & { asked: number } => {
  const met = new Map<string, TokenUser>()
  return {
    asked: 0,
    mayBe: (secret) => secret.startsWith('eyJ'),
    known: (secret) => met.get(secret),
    async verify(secret) {
      this.asked++
      await new Promise((resume) => setTimeout(resume, 30))
      const user = users.get(secret)
      if (user) met.set(secret, user)
      return user ?? null
    },
  }
}
const person = (name: string, differs: Partial<TokenUser> = {}) => {
  const user = {
    userId: 'usr_1',
    accountId: 'acc_1',
    isRestricted: false,
    client: 'app@web',
    issuedAt: 1_000_000,
    ...differs,
  }
  users.set(tokenOf(name), user)
  return { key: '', headers: { authorization: `Bearer ${tokenOf(name)}` } }
}

const started = async (
  answer: Parameters<typeof upstream>[0] = (_seen, res) => endless(res),
  slices: ReturnType<typeof accountSlice>[] = [accountSlice()],
) => {
  const up = await upstream(answer)
  stops.push(up.close)
  const port = tokens()
  const running = await runGateway(
    [platformSlice({ connections: [connectionTo(up.url)], models: [modelNamed('small')] }), ...slices],
    { tokens: port },
  )
  stops.push(running.stop)
  return { ...running, up, port }
}

const ada: ReturnType<typeof accountSlice>['users'][number] = {
  id: 'usr_1',
  name: 'Ada',
  role: 'end_user',
  status: 'active',
  limits: unlimited,
  teamIds: ['team_1'],
}
const cuts = [
  ['the key is revoked', { keys: [keyNamed('ada', { revokedAt: 1 })] }, 'key.revoked'],
  ['the secret of the key is replaced at once', { keys: [keyNamed('ada', { hash: 'another' })] }, 'key.revoked'],
  ['its owner is suspended', { users: [{ ...ada, status: 'suspended' as const }] }, 'user.suspended'],
  ['its owner left the account', { users: [] }, 'principal.gone'],
  [
    'the account is suspended',
    { account: { ...accountSlice().account, status: 'suspended' as const } },
    'account.suspended',
  ],
] as const

test.each(cuts)(
  'a stream ends as soon as %s, told in the dialect and settled for what was delivered',
  async (_, change, code) => {
    const { url, snapshots, ledger, up } = await started()
    let began = false
    const answered = chat(url, { stream: true, max_tokens: 1000 }, { onPiece: () => (began = true) })
    await until(() => began, 'the stream begins')
    snapshots.publish(accountSlice(change as Parameters<typeof accountSlice>[0]))
    const { text } = await answered
    expect(text).toContain(`"code":"${code}"`)
    expect(text).not.toContain('[DONE]')
    await until(() => up.open() === 0, 'the provider is left')
    await until(() => ledger.records.size === 1, 'it is booked')
    const [record] = ledger.records.values()
    expect(record).toMatchObject({ status: 'error', errorCode: code, tokens: { source: 'estimated' } })
    expect(record?.tokens.output).toBeGreaterThan(0)
    expect(record?.spans.map(({ name }) => name)).toContain('revoked')
  },
)

test('a stream goes on when its account changes in any other way', async () => {
  const { url, snapshots } = await started()
  let pieces = 0
  const answered = chat(url, { stream: true }, { onPiece: (_text, req) => ++pieces > 60 && req.destroy() })
  await until(() => pieces > 5, 'the stream begins')
  snapshots.publish(
    accountSlice({
      teams: [],
      keys: [
        keyNamed('ada', {
          name: 'renamed',
          hash: 'next',
          previousHash: keyNamed('ada').hash,
          previousValidUntil: Date.now() + 60_000,
        }),
      ],
    }),
  )
  await expect(answered).rejects.toThrow()
  expect(pieces).toBeGreaterThan(60)
})

test('a call that still waits for its provider is refused, and not tried elsewhere', async () => {
  const { url, snapshots, up } = await started(() => {})
  const answered = chat(url)
  await until(() => up.requests.length === 1, 'the provider is asked')
  snapshots.publish(accountSlice({ keys: [keyNamed('ada', { revokedAt: 1 })] }))
  const { status, text } = await answered
  expect([status, JSON.parse(text).error.code]).toEqual([401, 'key.revoked'])
  expect(up.requests).toHaveLength(1)
})

test('calls of an account that is deleted end too', async () => {
  const { url, snapshots } = await started()
  let began = false
  const answered = chat(url, { stream: true }, { onPiece: () => (began = true) })
  await until(() => began, 'the stream begins')
  snapshots.remove('acc_1')
  expect((await answered).text).toContain('principal.gone')
})

const completed: Parameters<typeof upstream>[0] = (_seen, res) => {
  res.writeHead(200, { 'content-type': 'application/json' })
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
  res.end(JSON.stringify({ id: 'x', object: 'chat.completion', choices: [], usage }))
}

test('a token acts as its person: their account, team and limits, named in usage with the client', async () => {
  const { url, ledger, port } = await started(completed)
  const who = person('ada')
  expect((await chat(url, {}, who)).status).toBe(200)
  expect((await chat(url, {}, who)).status).toBe(200)
  expect(port.asked).toBe(1)
  expect((await send(url, '/v1/models', { method: 'GET', ...who })).text).toContain('"small"')
  await until(() => ledger.records.size === 2, 'both are booked')
  const [record] = ledger.records.values()
  expect(record).toMatchObject({ userId: 'usr_1', teamId: 'team_1', keyId: 'client:app@web', accountId: 'acc_1' })
  const [plan] = ledger.plans.values()
  expect(plan?.principal).toEqual({ kind: 'user', id: 'usr_1', name: 'Ada' })
})

test('a long body waits until it is known whose token it comes with', async () => {
  const { url, up } = await started(completed)
  const content = 'x'.repeat(3_000_000)
  expect((await chat(url, { messages: [{ role: 'user', content }] }, person('long'))).status).toBe(200)
  expect(up.requests[0]?.text).toContain(content)
  const refused = await chat(
    url,
    { messages: [{ role: 'user', content }] },
    { key: '', headers: { authorization: 'Bearer eyJ.nobody.sig' } },
  )
  expect([refused.status, JSON.parse(refused.text).error.code]).toEqual([401, 'auth.failed'])
})

test('an account that is asked for is taken when it is the person’s, and passed over when it is not', async () => {
  const other = { ...accountSlice().account, id: 'acc_2', name: 'Other' }
  const shut = { ...accountSlice().account, id: 'acc_3', name: 'Shut', status: 'suspended' as const }
  const stranger = { ...accountSlice().account, id: 'acc_4', name: 'Foreign' }
  const { url, ledger } = await started(completed, [
    accountSlice(),
    accountSlice({ account: other, keys: [] }),
    accountSlice({ account: shut, keys: [] }),
    accountSlice({ account: stranger, keys: [], users: [{ ...ada, id: 'usr_2' }] }),
  ])
  const who = person('guest')
  for (const asked of ['acc_2', 'acc_3', 'acc_4', 'acc_none'])
    expect((await chat(url, {}, { key: '', headers: { ...who.headers, 'x-account-id': asked } })).status).toBe(200)
  const bound = person('bound', { isRestricted: true })
  expect((await chat(url, {}, { key: '', headers: { ...bound.headers, 'x-account-id': 'acc_2' } })).status).toBe(200)
  await until(() => ledger.records.size === 5, 'all are booked')
  expect([...ledger.records.values()].map(({ accountId }) => accountId).sort()).toEqual([
    'acc_1',
    'acc_1',
    'acc_1',
    'acc_1',
    'acc_2',
  ])
})

test.each([
  ['nobody knows', undefined, {}, 401, 'auth.failed'],
  ['belongs to no account', { accountId: null }, {}, 403, 'account.required'],
  ['is of somebody suspended', {}, { users: [{ ...ada, status: 'suspended' as const }] }, 403, 'user.suspended'],
  [
    'is of a suspended account',
    {},
    { account: { ...accountSlice().account, status: 'suspended' as const } },
    403,
    'account.suspended',
  ],
  ['comes not by the only way into the account', {}, { ssoRequired: true as const }, 403, 'auth.sso_required'],
  ['was ended since', {}, { users: [{ ...ada, tokensValidFrom: 1_000_001 }] }, 401, 'auth.failed'],
] as const)('a token that %s is refused', async (name, differs, slice, status, code) => {
  const { url } = await started(completed, [accountSlice(slice as Parameters<typeof accountSlice>[0])])
  const who =
    differs === undefined ? { key: '', headers: { authorization: 'Bearer eyJ.unknown.sig' } } : person(name, differs)
  const answer = await chat(url, {}, who)
  expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([status, code])
})

test('a stream of a token ends when the tokens of its person are ended', async () => {
  const { url, snapshots } = await started()
  let began = false
  const answered = chat(url, { stream: true }, { ...person('streaming'), onPiece: () => (began = true) })
  await until(() => began, 'the stream begins')
  snapshots.publish(accountSlice({ users: [{ ...ada, tokensValidFrom: 1_000_001 }] }))
  expect((await answered).text).toContain('token.revoked')
})

test('a stream of a token ends when its account lets people in by its own provider only', async () => {
  const { url, snapshots } = await started()
  let began = false
  const answered = chat(url, { stream: true }, { ...person('other way in'), onPiece: () => (began = true) })
  await until(() => began, 'the stream begins')
  snapshots.publish(accountSlice({ ssoRequired: true }))
  expect((await answered).text).toContain('auth.sso_required')
})

test('where people come in by its own provider only, a token of that provider calls, and choosing the account helps no other', async () => {
  const required = { ...accountSlice().account, id: 'acc_2', name: 'Other' }
  const { url, ledger } = await started(completed, [
    accountSlice(),
    accountSlice({ account: required, keys: [], ssoRequired: true }),
  ])
  const own = person('of its own', { accountId: 'acc_2', isRestricted: true })
  expect((await chat(url, {}, own)).status).toBe(200)
  const { headers } = person('of the installation')
  expect((await chat(url, {}, { key: '', headers: { ...headers, 'x-account-id': 'acc_2' } })).status).toBe(200)
  await until(() => ledger.records.size === 2, 'both are booked')
  expect([...ledger.records.values()].map(({ accountId }) => accountId).sort()).toEqual(['acc_1', 'acc_2'])
})

test('whoever comes for the first time is let in as soon as the snapshot knows them', async () => {
  const { url, snapshots } = await started(completed, [accountSlice({ users: [] })])
  const answered = chat(url, {}, person('new'))
  await new Promise((resume) => setTimeout(resume, 100))
  snapshots.publish(accountSlice())
  expect((await answered).status).toBe(200)
})
