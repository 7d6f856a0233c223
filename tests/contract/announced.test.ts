/** Gateways go by slices, and a slice is compiled when an event says that something of it changed. None may stay silent. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, openAccount, type TestAccount } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { arrangeObjects } from '../support/objects.ts'

let cockpit: TestCockpit
let acme: TestAccount

beforeAll(async () => {
  cockpit = await startCockpit()
  acme = await openAccount(cockpit)
})
afterAll(() => cockpit?.stop())

const versions = async (): Promise<Record<string, string>> => {
  const rows = await cockpit.database.query<{ account_id: string; version: bigint }>(
    'select account_id, version from snapshots',
  )
  return Object.fromEntries(rows.map(({ account_id, version }) => [account_id, String(version)]))
}

/** As they are once nothing has been published for a while. */
const calm = async (): Promise<Record<string, string>> => {
  for (let before = await versions(); ; ) {
    await new Promise((resume) => setTimeout(resume, 700))
    const after = await versions()
    if (JSON.stringify(after) === JSON.stringify(before)) return after
    before = after
  }
}

/** Has everything compiled, whatever was announced. */
const compileAnew = () =>
  cockpit.database.query(
    "select pg_notify('cockpit_events', account_id) from (select account_id from accounts union select 'platform') as every",
  )

test('compiled anew, what gateways have of an account with one of everything is the same', async () => {
  const before = await calm()
  await arrangeObjects(cockpit, acme, 'Everything')
  const announced = await calm()
  expect(announced[acme.id]).not.toBe(before[acme.id])
  await compileAnew()
  expect(await calm()).toEqual(announced)
})

test('a change that nobody told of is found by compiling anew, or the test above would prove nothing', async () => {
  const before = await calm()
  await cockpit.database.query('update teams set name = $2 where account_id = $1', [acme.id, 'Silent'])
  expect(await calm()).toEqual(before)
  await compileAnew()
  await eventually(async () => expect((await versions())[acme.id]).not.toBe(before[acme.id]))
})
