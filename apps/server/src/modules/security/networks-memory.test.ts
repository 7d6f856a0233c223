import { describe, expect, test } from 'vitest'
import { type Authenticated, type Ctx, createDb, type Db } from '../../platform/index.ts'
import { quietLog, testAccount, testCtx, testDatabase } from '../../platform/testing.ts'
import { createNetworks } from './index.ts'
import { createNetworksMemory } from './networks-memory.ts'

const database = await testDatabase()
const office = [{ network: '203.0.113.0/24', note: '' }]
const [inside, outside] = ['203.0.113.9', '198.51.100.7']
const known = ({ actor, accountId }: Ctx): Authenticated => ({
  ...{ actor, accountId, sessionId: null, authenticatedAt: null, impersonator: null, via: 'cookie' },
})

/** A process with a connection of its own; `opened` counts its transactions. */
const process = () => {
  const db = createDb({ connection: database.connection, now: () => new Date(), log: quietLog })
  const counted = { opened: 0 }
  const counting: Db = {
    ...db,
    platform: (ctx, work) => {
      counted.opened++
      return db.platform(ctx, work)
    },
  }
  return { networks: createNetworks({ db: counting }), counted, close: () => db.close() }
}

describe('who comes from where is looked up once', () => {
  test('requests after the first open no transaction, and a change is in force at once, in every process', async () => {
    const ctx = testCtx(await testAccount(database))
    const [here, there] = [process(), process()]
    const admits = async (at: typeof here, ip: string) =>
      at.networks.admitsFrom(known(ctx), ip).then(
        () => true,
        () => false,
      )
    for (const at of [here, there]) expect(await admits(at, outside)).toBe(true)
    await expect
      .poll(async () => {
        const { opened } = there.counted
        await admits(there, outside)
        return there.counted.opened - opened
      })
      .toBe(0)

    await here.networks.update(ctx, { people: office, force: true })
    expect(await admits(here, outside)).toBe(false)
    expect(await admits(here, inside)).toBe(true)
    await expect.poll(() => admits(there, outside), { timeout: 2_000, interval: 10 }).toBe(false)

    await there.networks.update(ctx, { people: [], force: true })
    expect(await admits(there, outside)).toBe(true)
    await expect.poll(() => admits(here, outside), { timeout: 2_000, interval: 10 }).toBe(true)
    await Promise.all([here.close(), there.close()])
  })
})

describe('nothing old is kept', () => {
  /** A memory whose notifications, clock and reads a test makes itself. */
  const memory = (listens: () => Promise<() => void> = async () => () => {}) => {
    const at = { ms: 0, reads: 0 }
    let [heard, missed] = [(_: string) => {}, () => {}]
    const { of } = createNetworksMemory({
      db: {
        listen: (_channel, onHeard, onMissed = () => {}) => {
          heard = onHeard
          missed = onMissed
          return listens()
        },
      },
      monotonicMs: () => at.ms,
    })
    const read = async () => {
      at.reads++
      return { people: [], gateway: [] }
    }
    return { at, of, read, heard: (account: string) => heard(account), missed: () => missed() }
  }
  /** How many reads three requests need. */
  const readsOf = async ({ of, read, at }: ReturnType<typeof memory>, accountId = 'acc_1') => {
    const before = at.reads
    for (let asked = 0; asked < 3; asked++) await of(accountId, read)
    return at.reads - before
  }

  test('an event empties the place of its account alone, a lost connection every place', async () => {
    const at = memory()
    expect([await readsOf(at), await readsOf(at, 'acc_2')]).toEqual([1, 1])
    at.heard('acc_1')
    expect([await readsOf(at), await readsOf(at, 'acc_2')]).toEqual([1, 0])
    at.missed()
    expect([await readsOf(at), await readsOf(at, 'acc_2')]).toEqual([1, 1])
  })

  test('what changes while it is read is read again', async () => {
    const at = memory()
    await at.of('acc_1', async () => {
      at.heard('acc_1')
      return at.read()
    })
    expect(await readsOf(at)).toBe(1)
  })

  test('without notifications every request reads, and a list is never older than seconds', async () => {
    const deaf = memory(() => Promise.reject(new Error('no connection')))
    expect(await readsOf(deaf)).toBe(3)
    const at = memory()
    expect(await readsOf(at)).toBe(1)
    at.at.ms = 5_001
    expect(await readsOf(at)).toBe(1)
  })
})
