import { ssoRoutes } from '@cockpit/contract/sso'
import { expect, test } from 'vitest'
import { bind, newId } from '../../platform/index.ts'
import { eventsOf, testAccount, testCtx, testDatabase, testFront } from '../../platform/testing.ts'
import { createDomains } from './domains.ts'

const database = await testDatabase()
const records = new Map<string, string[][] | null>()
const domains = createDomains({
  db: database.db,
  now: () => new Date(),
  identity: { endOfProvider: async () => {}, keepAdmin: (_tx, _accountId, work) => work() },
  resolveTxt: async (name) => (records.has(name) ? (records.get(name) ?? null) : []),
})
const { domains: list, addDomain, verifyDomain, removeDomain } = ssoRoutes
const front = testFront(
  bind(
    { list, addDomain, verifyDomain, removeDomain },
    {
      list: async ({ ctx }) => ({ items: await domains.list(ctx) }),
      addDomain: ({ ctx, body }) => domains.add(ctx, body.domain),
      verifyDomain: ({ ctx, params }) => domains.verify(ctx, params.id),
      removeDomain: ({ ctx, params }) => domains.remove(ctx, params.id),
    },
  ),
)
const admin = async () => {
  const account = await testAccount(database)
  return { account, ...front.as(testCtx(account, { authenticatedAt: new Date() })) }
}
const fresh = () => `${newId('d', new Date()).replace('_', '-')}.example.com`

test('a domain counts once the TXT record that was asked for is there, and not before', async () => {
  const { account, send } = await admin()
  const domain = fresh()
  const { body: added } = await send('POST /v1/sso/domains', { domain: ` ${domain.toUpperCase()} ` })
  expect(added).toMatchObject({
    domain,
    verifiedAt: null,
    record: { type: 'TXT', name: `_cockpit-challenge.${domain}` },
  })
  const verify = () => send(`POST /v1/sso/domains/${added.id}/verify`)
  const { name, value } = added.record
  for (const [found, reason] of [
    [[], /There is no TXT record/],
    [null, /No name server answers/],
    [[['cockpit-verification=other']], /does not say/],
    [[[`x${value}`], ['v=spf1 -all']], /does not say/],
  ] as const) {
    records.set(name, found as string[][] | null)
    const { status, body } = await verify()
    expect({ status, type: body.type }).toEqual({ status: 409, type: 'domain.not_proven' })
    expect(body.detail).toMatch(reason)
  }
  // long records come in pieces
  records.set(name, [['v=spf1 -all'], [value.slice(0, 9), value.slice(9)]])
  expect((await verify()).body.verifiedAt).toEqual(expect.any(String))
  expect(await eventsOf(database, account)).toEqual(['domain.added', 'domain.verified'])
  expect((await send(`DELETE /v1/sso/domains/${added.id}`)).status).toBe(204)
  expect((await send('GET /v1/sso/domains')).body.items).toEqual([])
})

test('a domain that another account has proven cannot be proven twice, and is free once it gave it up', async () => {
  const [acme, globex] = [await admin(), await admin()]
  const domain = fresh()
  const prove = async ({ send }: typeof acme) => {
    const { body } = await send('POST /v1/sso/domains', { domain })
    const id = body.id ?? (await send('GET /v1/sso/domains')).body.items[0].id
    const { record } = (await send('GET /v1/sso/domains')).body.items[0]
    records.set(record.name, [[record.value]])
    return { id, ...(await send(`POST /v1/sso/domains/${id}/verify`)) }
  }
  const first = await prove(acme)
  expect(first.status).toBe(200)
  const second = await prove(globex)
  expect({ status: second.status, type: second.body.type }).toEqual({ status: 409, type: 'domain.taken' })
  await acme.send(`DELETE /v1/sso/domains/${first.id}`)
  expect((await prove(globex)).status).toBe(200)
})

test.each([
  'localhost',
  'example',
  '-x.example.com',
  'x..example.com',
  '*.example.com',
  '127.0.0.1',
  `${'a'.repeat(64)}.com`,
])('%s is no domain', async (domain) => {
  const { send } = await admin()
  const { status, body } = await send('POST /v1/sso/domains', { domain })
  expect({ status, pointer: body.errors?.[0]?.pointer }).toEqual({ status: 400, pointer: '/domain' })
})
