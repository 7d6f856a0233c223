import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { freshDatabase, testDb } from '../../platform/testing.ts'
import { createSecrets } from './index.ts'

const now = () => new Date()
const secrets = createSecrets({ db: await testDb(), now, kek: randomBytes(32) })

test('a secret opens where it belongs and nowhere else', () => {
  const sealed = secrets.seal('sk-provider', 'acc_1|con_1|secret')
  expect(sealed).not.toContain('sk-provider')
  expect(secrets.open(sealed, 'acc_1|con_1|secret')).toBe('sk-provider')
  expect(() => secrets.open(sealed, 'acc_2|con_1|secret')).toThrow()
})

test('of a secret only its end is shown, and nothing of a short one', () => {
  expect(secrets.mask('sk-provider-0123456789abcd')).toBe('****abcd')
  expect(secrets.mask('password')).toBe('****')
})

test('a start with another key than the database was sealed with is refused', async () => {
  const { db, close } = await freshDatabase()
  const kek = randomBytes(32)
  await createSecrets({ db, now, kek }).verifyKey()
  await createSecrets({ db, now, kek }).verifyKey()
  await expect(createSecrets({ db, now, kek: randomBytes(32) }).verifyKey()).rejects.toThrow(/COCKPIT_SECRET_KEY/)
  await close()
})
