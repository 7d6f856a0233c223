/** A small company for tests of this room: an org with two teams, its people, and a seeded budget. */
import { newId, systemCtx } from '../../platform/index.ts'
import { type TestDatabase, testAccount } from '../../platform/testing.ts'
import { type BudgetDeps, createBudgets } from './index.ts'

export const company = async (database: TestDatabase, differs: Partial<BudgetDeps> = {}) => {
  const { db, query } = database
  const at = new Date()
  const budgets = createBudgets({ db, now: () => new Date(), keyOwner: async () => null, ...differs })
  const accountId = await testAccount(database)
  const org = newId('org', at)
  const [support, sales] = [newId('team', at), newId('team', at)].sort()
  const [ada, bob, cid] = [newId('usr', at), newId('usr', at), newId('usr', at)].sort()
  if (!support || !sales || !ada || !bob || !cid) throw new Error('no ids')
  await query('insert into orgs (account_id, id, name, created_at) values ($1, $2, $3, now())', [
    accountId,
    org,
    'Europe',
  ])
  for (const [id, name] of [[support, 'Support'] as const, [sales, 'Sales'] as const])
    await query('insert into teams (account_id, id, org_id, name, created_at) values ($1, $2, $3, $4, now())', [
      accountId,
      id,
      org,
      name,
    ])
  for (const [id, name, team] of [
    [ada, 'Ada', support] as const,
    [bob, 'Bob', support] as const,
    [cid, 'Cid', null] as const,
  ]) {
    await query('insert into users (id, email, name, created_at) values ($1, $2, $3, now())', [
      id,
      `${id}@example.com`,
      name,
    ])
    await query("insert into memberships (account_id, user_id, role, created_at) values ($1, $2, 'end_user', now())", [
      accountId,
      id,
    ])
    if (team)
      await query('insert into team_members (account_id, team_id, user_id, created_at) values ($1, $2, $3, now())', [
        accountId,
        team,
        id,
      ])
  }
  await db.platform(systemCtx('test', accountId), (tx) =>
    budgets.seed(tx, { id: accountId, name: 'Acme', timezone: 'UTC' }),
  )
  return { budgets, accountId, org, support, sales, ada, bob, cid }
}
export type Company = Awaited<ReturnType<typeof company>>
