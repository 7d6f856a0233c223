import { expect, test } from 'vitest'
import { superCtx, testAccount, testCtx, testDatabase, testFront } from '../../platform/testing.ts'
import { createSettings, type InstallationFacts, settingsHandlers } from './index.ts'

const database = await testDatabase()
const facts: InstallationFacts = {
  version: '0.1.0',
  database: 'embedded',
  roles: ['api', 'gateway', 'worker'],
  publicUrl: 'http://localhost:4000',
  creditsFactor: '1',
  masterKeySet: true,
  secretKey: { id: 'a1b2c3', source: 'file' },
  startedAt: new Date('2026-01-02T03:04:05Z'),
  environment: [
    { name: 'PORT', description: 'Port', secret: false, value: '4000' },
    { name: 'HOST', description: 'Host', secret: false, value: undefined },
    { name: 'COCKPIT_MASTER_KEY', description: 'Master key', secret: true, value: 'canary-master' },
    {
      name: 'DATABASE_URL',
      description: 'Database',
      secret: false,
      value: 'postgres://me:canary-pass@db:5432/cockpit',
    },
  ],
}
const front = testFront(settingsHandlers(createSettings({ db: database.db, facts, node: 'v26.0.0' })))

test('a super admin sees what the installation runs with, and of a secret only whether it is set', async () => {
  const { status, body, text } = await front.as(superCtx()).send('GET /v1/installation')
  expect(status).toBe(200)
  expect(body).toMatchObject({
    version: '0.1.0',
    node: 'v26.0.0',
    startedAt: '2026-01-02T03:04:05.000Z',
    masterKeySet: true,
  })
  expect(body.postgres).toMatch(/^\d+(\.\d+)?$/)
  expect(body.environment).toEqual([
    { name: 'PORT', description: 'Port', value: '4000', set: true },
    { name: 'HOST', description: 'Host', value: null, set: false },
    { name: 'COCKPIT_MASTER_KEY', description: 'Master key', value: null, set: true },
    { name: 'DATABASE_URL', description: 'Database', value: 'postgres://me:…@db:5432/cockpit', set: true },
  ])
  expect(text).not.toContain('canary')
})

test('an account admin sees nothing of it', async () => {
  const { status, text } = await front.as(testCtx(await testAccount(database))).send('GET /v1/installation')
  expect(status).toBe(403)
  expect(text).not.toContain('0.1.0')
})
