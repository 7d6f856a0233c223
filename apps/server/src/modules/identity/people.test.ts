import { rolePermissions } from '@cockpit/contract/permissions'
import { describe, expect, test } from 'vitest'
import type { Tx } from '../../platform/index.ts'
import { superCtx, testAccount, testCtx, testDatabase } from '../../platform/testing.ts'
import { openHouse } from './testing.ts'

const database = await testDatabase()
const { identity, person, browser } = openHouse(database)
const { people } = identity
const work = <T>(accountId: string, job: (tx: Tx) => Promise<T>) => database.db.platform(superCtx(accountId), job)
const admins = (account: string) =>
  database.query("select 1 from memberships where account_id = $1 and role = 'account_admin' and status = 'active'", [
    account,
  ])

describe('a person who exists', () => {
  test('joins another account with their name, their password and their other accounts as they were', async () => {
    const [home, other] = [await testAccount(database), await testAccount(database)]
    const ada = await person({ [home]: 'end_user' })
    const joined = await work(other, async (tx) => {
      const user = await people.ensureUser(tx, {
        accountId: other,
        email: ada.email,
        name: 'Eve',
        passwordHash: 'stolen',
      })
      await people.addMembership(tx, { accountId: other, userId: user.id, role: 'account_admin' })
      return user
    })
    expect(joined).toEqual({ id: ada.id, name: 'Ada', created: false })
    const { body } = await browser().send('POST /v1/sessions', { email: ada.email, password: ada.password })
    expect(body.accounts).toMatchObject([
      { id: home, role: 'end_user' },
      { id: other, role: 'account_admin' },
    ])
  })

  test('cannot join the same account twice', async () => {
    const account = await testAccount(database)
    const ada = await person({ [account]: 'end_user' })
    const again = work(account, (tx) =>
      people.addMembership(tx, { accountId: account, userId: ada.id, role: 'account_admin' }),
    )
    await expect(again).rejects.toMatchObject({ code: 'user.email_taken' })
  })

  test('is renamed by an admin of their only account, not by an admin of one of several', async () => {
    const [one, two] = [await testAccount(database), await testAccount(database)]
    const [mine, shared] = [await person({ [one]: 'end_user' }), await person({ [one]: 'end_user', [two]: 'end_user' })]
    const rename = (id: string, ctx = testCtx(one)) =>
      database.db.platform(ctx, (tx) => people.rename(tx, one, id, 'Ada Lovelace'))
    await rename(mine.id)
    await expect(rename(shared.id)).rejects.toMatchObject({ code: 'access.denied' })
    await rename(shared.id, superCtx(one))
    const rows = await database.query('select name from users where id = any($1)', [[mine.id, shared.id]])
    expect(rows).toEqual([{ name: 'Ada Lovelace' }, { name: 'Ada Lovelace' }])
  })
})

describe('the last active admin of an account', () => {
  test.each([
    [
      'made an end user',
      (tx: Tx, account: string, id: string) => people.setMembership(tx, account, id, { role: 'end_user' }),
    ],
    [
      'suspended',
      (tx: Tx, account: string, id: string) => people.setMembership(tx, account, id, { status: 'suspended' }),
    ],
    ['removed', (tx: Tx, account: string, id: string) => people.removeMembership(tx, account, id)],
  ])('cannot be %s', async (_, change: (tx: Tx, account: string, id: string) => Promise<object>) => {
    const account = await testAccount(database)
    const [ada, bob] = [await person({ [account]: 'account_admin' }), await person({ [account]: 'account_admin' })]
    await work(account, (tx) => change(tx, account, bob.id))
    await expect(work(account, (tx) => change(tx, account, ada.id))).rejects.toMatchObject({ code: 'user.last_admin' })
    expect(await admins(account)).toHaveLength(1)
  })

  test('stays when two admins remove each other at once', async () => {
    // several rounds: one alone may by luck run one after the other
    for (let round = 0; round < 8; round++) {
      const account = await testAccount(database)
      const both = [await person({ [account]: 'account_admin' }), await person({ [account]: 'account_admin' })]
      const removals = both.map(({ id }) => work(account, (tx) => people.removeMembership(tx, account, id)))
      const results = await Promise.allSettled(removals)
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      expect(await admins(account)).toHaveLength(1)
    }
  })
})

test('a membership of another account is like a missing one', async () => {
  const [own, foreign] = [await testAccount(database), await testAccount(database)]
  const ada = await person({ [foreign]: 'end_user' })
  const refused = work(own, (tx) => people.setMembership(tx, own, ada.id, { role: 'account_admin' }))
  await expect(refused).rejects.toMatchObject({ code: 'user.not_found' })
})

describe('a role', () => {
  const asCopilotAdmin = (account: string) => testCtx(account, { permissions: rolePermissions.copilot_admin })

  test('is given, changed or taken by nobody who may do less than it allows', async () => {
    const account = await testAccount(database)
    const [owner, other] = [await person({ [account]: 'account_admin' }), await person({ [account]: 'account_admin' })]
    const attempts: ((tx: Tx) => Promise<unknown>)[] = [
      (tx) => people.addMembership(tx, { accountId: account, userId: other.id, role: 'account_admin' }),
      (tx) => people.setMembership(tx, account, other.id, { role: 'end_user' }),
      (tx) => people.setMembership(tx, account, other.id, { status: 'suspended' }),
      (tx) => people.removeMembership(tx, account, owner.id),
    ]
    for (const attempt of attempts)
      await expect(database.db.platform(asCopilotAdmin(account), attempt)).rejects.toMatchObject({
        code: 'access.denied',
      })
    expect(await admins(account)).toHaveLength(2)
  })

  test('within what the giver may do is given', async () => {
    const account = await testAccount(database)
    const [ada] = [await person({ [account]: 'end_user' }), await person({ [account]: 'account_admin' })]
    await database.db.platform(asCopilotAdmin(account), (tx) =>
      people.setMembership(tx, account, ada.id, { role: 'member' }),
    )
    expect(await database.query('select role from memberships where user_id = $1', [ada.id])).toEqual([
      { role: 'member' },
    ])
  })
})
