import { afterEach, expect, test } from 'vitest'
import { createLog, type Db } from '../../../platform/index.ts'
import { createScimServer } from './server.ts'

const at = { ms: 0 }
/** Which token each secret is, in place of the table of tokens. */
const known = new Set<string>()
const token = (id: string) => ({ id, name: id, account_id: 'acc_1', account_status: 'active', vouched_at: null })
const db = {
  platform: async () => {
    const [id] = known
    return { token: id === undefined ? null : token(id), was: null, answering: null }
  },
} as unknown as Db

const nobody = {} as never
const server = createScimServer({
  ...{ db, now: () => new Date(at.ms), log: createLog('silent'), users: nobody, groups: nobody },
  ...{ note: async () => {}, witness: { denied: async () => {} }, actorNow: async () => null, baseUrl: '/scim/v2' },
})
const ask = (ip: string, bearer?: string) =>
  server.handle({
    ...{ method: 'GET', path: '/ServiceProviderConfig', query: {}, body: undefined, requestId: 'req_1', ip },
    ...{ userAgent: null, headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` } },
  })
afterEach(() => known.clear())

test('a token that asks without end is told when to come again, from wherever it asks, and no other token', async () => {
  known.add('one')
  const from = (nth: number) => `198.51.100.${nth % 250}`
  for (let nth = 0; nth < 1_000; nth++) expect((await ask(from(nth), 'secret')).status).toBe(200)
  const refused = await ask(from(1), 'secret')
  expect(refused).toMatchObject({
    status: 429,
    headers: { 'content-type': 'application/scim+json', 'retry-after': '1' },
  })
  expect(JSON.parse(refused.body ?? '')).toMatchObject({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: '429',
  })
  known.clear()
  known.add('two')
  expect((await ask(from(1), 'other')).status).toBe(200)
  known.clear()
  known.add('one')
  at.ms += 1_000
  expect((await ask(from(1), 'secret')).status).toBe(200)
})

test('whoever knocks without a token without end is told so before anything is looked up', async () => {
  for (let nth = 0; nth < 2_000; nth++) expect((await ask('203.0.113.9')).status).toBe(401)
  expect((await ask('203.0.113.9')).status).toBe(429)
  expect((await ask('203.0.113.10')).status).toBe(401)
})
