import { expect, test } from 'vitest'
import { createLog } from '../../platform/index.ts'
import { MemoryLedger } from '../testing.ts'
import type { Lease } from './lease.ts'
import { type Admission, Purse } from './purse.ts'

const purseOn = (ledger: MemoryLedger) => {
  let ids = 0
  const leases: Lease[] = []
  const purse: Purse = new Purse(
    { accountId: 'acc_1', path: ['root'], fundingNodeId: 'root' },
    {
      budget: ledger,
      processId: 'gw_1',
      ttlMs: 60_000,
      now: () => Date.now(),
      newId: () => `lease_${ids++}`,
      onLease: (lease) => leases.push(lease),
      onFailure: (error) => createLog('error').error({ err: error }, 'the ledger failed'),
      makeRoom: () => purse.giveBackIdle(),
      unspent: () => ({ all: purse.unspent(), own: purse.unspent() }),
    },
  )
  return { purse, leases }
}

const held = (admission: Admission) => {
  if (admission.kind !== 'held') throw new Error(admission.kind)
  return admission.hold
}

/** A budget of 1000, of which one call of 100 has leased 400 and used none. */
const leased = async () => {
  const ledger = new MemoryLedger({ root: 1_000n })
  const { purse, leases } = purseOn(ledger)
  const hold = held(await purse.request('first', 100n))
  expect(ledger.nodes.get('root')?.held).toBe(400n)
  return { ledger, purse, leases, hold }
}

test('credits that lie in an idle lease refuse nobody', async () => {
  const { ledger, purse, hold } = await leased()
  purse.cancel(hold)
  held(await purse.request('big', 950n))
  expect(ledger.nodes.get('root')?.held).toBe(950n)
})

test('calls that come together are refused only for what others of them took', async () => {
  const { ledger, purse, hold } = await leased()
  purse.cancel(hold)
  const admissions = await Promise.all(['a', 'b', 'c'].map((id) => purse.request(id, 500n)))
  expect(admissions.filter(({ kind }) => kind === 'held')).toHaveLength(2)
  expect(ledger.nodes.get('root')?.held).toBe(1_000n)
})

test('a refusal tells what is left after the idle lease came back', async () => {
  const { purse, hold } = await leased()
  purse.cancel(hold)
  const admission = await purse.request('too big', 1_001n)
  expect(admission).toMatchObject({ kind: 'denied', figures: [{ nodeId: 'root', held: 0n }] })
})

test('a lease that a call still stands on is kept', async () => {
  const { ledger, purse } = await leased()
  expect((await purse.request('big', 950n)).kind).toBe('denied')
  expect(ledger.nodes.get('root')?.held).toBe(400n)
})

test('a lease whose records are not booked yet is kept', async () => {
  const { ledger, purse, leases, hold } = await leased()
  purse.settle(hold, 50n)
  expect(leases[0]?.unshipped).toBe(1)
  expect((await purse.request('big', 950n)).kind).toBe('denied')
  expect(ledger.nodes.get('root')?.held).toBe(400n)
})
