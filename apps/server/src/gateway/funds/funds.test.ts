import type { CallPlan } from '@cockpit/policy'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLog } from '../../platform/index.ts'
import type { Holder } from '../holder.ts'
import { MemoryLedger } from '../testing.ts'
import { createFunds } from './funds.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] }))
afterEach(() => void vi.useRealTimers())

const plan = {
  payer: { path: ['root'], fundingNodeId: 'root' },
  trace: { accountId: 'acc_1', budget: null },
} as unknown as CallPlan
const holderOf = (id: string) => ({ id }) as Holder

/** Time goes by, and the ledger answers in between. */
const pass = async (ms: number) => {
  for (let passed = 0; passed < ms; passed += 2_000) {
    await vi.advanceTimersByTimeAsync(2_000)
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
}

const opened = () => {
  const ledger = new MemoryLedger({ root: 1_000_000n })
  let ids = 0
  const funds = createFunds({
    ...{ budget: ledger, processId: 'gw_1', ttlMs: 600_000, now: () => Date.now(), newId: () => `lease_${ids++}` },
    ...{ log: createLog('silent'), catchUp: async () => false },
  })
  funds.start()
  const held = () => ledger.nodes.get('root')?.held
  /** A call that came and went, and left a lease. */
  const call = async (holder: string) => {
    const purse = funds.purseFor(plan, holderOf(holder))
    const admission = await purse?.request('call', 100n)
    if (admission?.kind !== 'held') throw new Error(`not held: ${admission?.kind}`)
    return { purse, hold: admission.hold }
  }
  return { funds, held, call }
}

test('what was leased for people who may call no more goes back at once, what an open call needs when it ends', async () => {
  const { funds, held, call } = opened()
  const { purse, hold } = await call('ada')
  funds.onRevoked('acc_1', () => true)
  await pass(2_000)
  expect(held()).toBeGreaterThan(0n)
  purse?.cancel(hold)
  await pass(2_000)
  expect(held()).toBe(0n)
  await funds.stop()
})

test('what others share stays, and so does what is leased in another account', async () => {
  const { funds, held, call } = opened()
  for (const who of ['ada', 'bob']) {
    const { purse, hold } = await call(who)
    purse?.cancel(hold)
  }
  funds.onRevoked('acc_1', ({ id }) => id === 'ada')
  funds.onRevoked('acc_2', () => true)
  await pass(4_000)
  expect(held()).toBeGreaterThan(0n)
  await funds.stop()
})

test('a purse that was forgotten and is used again by a plan that was kept gives its leases back like any other', async () => {
  const { funds, held, call } = opened()
  const { purse, hold } = await call('ada')
  purse?.cancel(hold)
  await pass(100_000)
  expect(held()).toBe(0n)
  const again = await purse?.request('later', 100n)
  if (again?.kind === 'held') purse?.cancel(again.hold)
  await pass(2_000)
  expect(held()).toBeGreaterThan(0n)
  await pass(40_000)
  expect(held()).toBe(0n)
  await funds.stop()
})
