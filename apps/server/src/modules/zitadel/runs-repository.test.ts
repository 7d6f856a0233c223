import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { newId, systemCtx } from '../../platform/index.ts'
import { testAccount, testDatabase } from '../../platform/testing.ts'
import { runRepository } from './runs-repository.ts'

const database = await testDatabase()
const { db } = database

test('of two runs of one account a second process takes none while the first begins', async () => {
  const account = await testAccount(database, 'Acme')
  const platform = <T>(work: Parameters<typeof db.platform<T>>[1]) => db.platform(systemCtx('test'), work)
  const at = new Date()
  const wanted = { projectId: randomUUID(), organizationId: null } as never
  const queue = () =>
    platform((tx) =>
      runRepository(tx).insert(account, {
        ...{ id: newId('zrun', at), kind: 'sync_roles', wanted, at, unresolved: [], createdBy: 'Ada' },
        steps: [
          { key: 'verify', kind: 'verify', target: 'v', status: 'create', message: null, roleKeys: [], input: {} },
        ],
      }),
    )
  await queue()
  await queue()
  const until = new Date(at.getTime() + 60_000)
  const claim = () => platform((tx) => runRepository(tx).claim(at, until))
  const [first, second] = await platform(async (tx) => {
    const taken = await runRepository(tx).claim(at, until)
    const other = claim()
    // it answers at once if it may take one, and waits for this transaction if not
    await Promise.race([other, new Promise((resolve) => setTimeout(resolve, 400))])
    return [taken, other.then((run) => ({ run }))] as const
  })
  expect(first).not.toBeNull()
  expect(await second).toEqual({ run: null })
})
