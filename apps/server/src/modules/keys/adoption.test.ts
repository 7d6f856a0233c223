import { rolePermissions } from '@cockpit/contract/permissions'
import { expect, test } from 'vitest'
import { newId, sha256Hex, systemCtx } from '../../platform/index.ts'
import { eventsOf, testAccount, testCtx, testDatabase, testFront } from '../../platform/testing.ts'
import { createKeys, keyHandlers } from './index.ts'

const database = await testDatabase()
const { db, query } = database
const now = () => new Date()
const keys = createKeys({ db, now, modelNames: async () => new Set(['gpt-5']), activeKeysMax: 3 })
const front = testFront(keyHandlers(keys))

const company = async () => {
  const accountId = await testAccount(database)
  const program = newId('sva', now())
  await query('insert into service_accounts (account_id, id, name, created_at) values ($1, $2, $2, now())', [
    accountId,
    program,
  ])
  const as = (role: 'account_admin' | 'member') => front.as(testCtx(accountId, { permissions: rolePermissions[role] }))
  const keyOf = (secret: string, differs: object = {}) => ({
    name: `From ${secret}`,
    owner: { kind: 'service_account', id: program },
    hash: sha256Hex(secret),
    preview: `sk-…${secret.slice(-4)}`,
    ...differs,
  })
  return { accountId, program, admin: as('account_admin'), member: as('member'), keyOf }
}
const findByHash = (secret: string) => db.platform(systemCtx('test'), (tx) => keys.findByHash(tx, sha256Hex(secret)))

test('a key taken over is found by the secret its programs have, and its story is told', async () => {
  const { accountId, program, admin, keyOf } = await company()
  const secret = `sk-${accountId}`
  const { status, body } = await admin.send('POST /v1/keys/adopt', {
    keys: [keyOf(secret, { models: ['gpt-5'], limits: { rpm: 60, tpm: null } })],
  })
  expect([status, body.items]).toMatchObject([200, [{ verdict: 'adopted', reason: null }]])
  const { keyId } = body.items[0]
  expect(await findByHash(secret)).toEqual({ id: keyId, name: `From ${secret}`, accountId })
  expect((await admin.send(`GET /v1/keys/${keyId}`)).body).toMatchObject({
    owner: { id: program },
    preview: `sk-…${secret.slice(-4)}`,
    models: ['gpt-5'],
    limits: { rpm: 60, tpm: null },
    status: 'active',
  })
  expect(await eventsOf(database, accountId)).toEqual(['key.created'])
})

test('taken over twice, nothing changes the second time', async () => {
  const { accountId, admin, keyOf } = await company()
  const keys = [keyOf(`sk-a-${accountId}`), keyOf(`sk-b-${accountId}`)]
  const first = (await admin.send('POST /v1/keys/adopt', { keys })).body.items
  const second = (await admin.send('POST /v1/keys/adopt', { keys: [...keys, keys[0]] })).body.items
  expect(second.map(({ verdict }: { verdict: string }) => verdict)).toEqual(['known', 'known', 'known'])
  expect(second.map(({ keyId }: { keyId: string }) => keyId)).toEqual([first[0].keyId, first[1].keyId, first[0].keyId])
  expect(await eventsOf(database, accountId)).toHaveLength(2)
})

test('what cannot be taken over says why and stops no other', async () => {
  const { accountId, admin, keyOf } = await company()
  const past = new Date(Date.now() - 60_000).toISOString()
  const { body } = await admin.send('POST /v1/keys/adopt', {
    keys: [
      keyOf(`sk-model-${accountId}`, { models: ['unknown-model'] }),
      keyOf(`sk-past-${accountId}`, { expiresAt: past }),
      keyOf(`sk-owner-${accountId}`, { owner: { kind: 'service_account', id: newId('sva', now()) } }),
      keyOf(`sk-good-${accountId}`),
    ],
  })
  expect(body.items).toMatchObject([
    { verdict: 'refused', reason: expect.stringContaining('unknown-model') },
    { verdict: 'refused', reason: expect.stringContaining('expired') },
    { verdict: 'refused', reason: expect.stringContaining('no such service account') },
    { verdict: 'adopted' },
  ])
})

test('a secret of another account, working or replaced, cannot be taken over, and stays theirs', async () => {
  const [acme, globex] = [await company(), await company()]
  const owner = { kind: 'service_account', id: acme.program }
  const made = (await acme.admin.send('POST /v1/keys', { name: 'K', owner })).body
  const rotated = (await acme.admin.send(`POST /v1/keys/${made.id}/rotate`, { graceSeconds: 600 })).body
  const { body } = await globex.admin.send('POST /v1/keys/adopt', {
    keys: [globex.keyOf(made.secret), globex.keyOf(rotated.secret)],
  })
  expect(body.items.map(({ verdict, keyId }: Record<string, unknown>) => [verdict, keyId])).toEqual([
    ['refused', null],
    ['refused', null],
  ])
  expect(await findByHash(made.secret)).toMatchObject({ accountId: acme.accountId })
  expect(await findByHash(rotated.secret)).toMatchObject({ accountId: acme.accountId })
})

test('whoever may not manage the keys of others takes none over', async () => {
  const { member, keyOf } = await company()
  expect((await member.send('POST /v1/keys/adopt', { keys: [keyOf('sk-any')] })).status).toBe(403)
})
