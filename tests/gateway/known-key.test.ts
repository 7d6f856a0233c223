import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openAccount } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

test('a key works in the moment it is given, made or rotated', async () => {
  const account = await openAccount(cockpit)
  const owner = { kind: 'user' as const, id: account.admin.id }
  const status = async (secret: string) =>
    (await cockpit.send('GET /v1/models', { headers: { authorization: `Bearer ${secret}` } })).status
  for (let nth = 0; nth < 5; nth++) {
    const made = await account.api.keys.create({ body: { name: `key ${nth}`, owner } })
    expect(await status(made.secret)).toBe(200)
    const rotated = await account.api.keys.rotate({ params: { id: made.id }, body: { graceSeconds: 0 } })
    expect(await status(rotated.secret)).toBe(200)
  }
})

test('a key taken over from another gateway works at once with the secret its programs have', async () => {
  const account = await openAccount(cockpit)
  const secret = `sk-${randomBytes(16).toString('base64url')}`
  const call = () => cockpit.send('GET /v1/models', { headers: { authorization: `Bearer ${secret}` } })
  expect((await call()).status).toBe(401)
  const { items } = await account.api.keys.adopt({
    body: {
      keys: [
        {
          name: 'Support bot',
          owner: { kind: 'user', id: account.admin.id },
          hash: createHash('sha256').update(secret).digest('hex'),
          preview: `sk-…${secret.slice(-4)}`,
        },
      ],
    },
  })
  expect(items).toMatchObject([{ verdict: 'adopted' }])
  expect((await call()).status).toBe(200)
})
