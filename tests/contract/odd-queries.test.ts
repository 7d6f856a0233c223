/** Whatever stands in a query, the answer is one that the contract has: no column and no number is led beyond its bounds. */
import { contract } from '@cockpit/contract'
import type { Route } from '@cockpit/contract/kit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { openAccount } from '../support/account.ts'
import { masterKey, startCockpit, type TestCockpit } from '../support/cockpit.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

const odd = ['99999999999999999999999.acc_1', '0000-01-01T00:00:00Z', 'a\u0000b', `%\\'"`, '-1']
const fieldsOf = ({ query }: Route) => Object.keys((query as z.ZodObject | undefined)?.shape ?? {})
const lists = Object.values(contract as Record<string, Record<string, Route>>)
  .flatMap((noun) => Object.values(noun))
  .filter((route) => route.method === 'GET' && !route.path.includes('{') && !route.stream && fieldsOf(route).length > 0)

test('no list answers an odd query with a failure of its own', async () => {
  const acme = await openAccount(cockpit)
  const headers = { authorization: `Bearer ${masterKey}`, 'x-account-id': acme.id }
  const asked = lists.flatMap((route) =>
    fieldsOf(route).flatMap((field) => odd.map((value) => `${route.path}?${field}=${encodeURIComponent(value)}`)),
  )
  expect(asked.length).toBeGreaterThan(500)
  const failed: string[] = []
  for (const line of asked) {
    const { status } = await cockpit.send(`GET ${line}`, { headers }).catch(() => ({ status: 599 }))
    if (status >= 500) failed.push(line)
  }
  expect(failed).toEqual([])
})
