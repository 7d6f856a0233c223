/** A small company for tests of this room: an org with two teams, its people, and a seeded budget. */
import { usageFrame, usageLine } from '@cockpit/contract/usage-line'
import { type Db, newId, systemCtx } from '../../platform/index.ts'
import { quietLog, type TestDatabase, testAccount } from '../../platform/testing.ts'
import { createIngest } from '../usage/index.ts'
import { type BudgetDeps, type Budgets, createBudgets } from './index.ts'

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

/** A call that was made, as far as the ledger asks. */
export type Spending = { eventId: string; holdId: string | null; credits: bigint }
type Booking = { db: Db; budgets: Budgets; accountId: string; atLast?: () => Promise<void> }

/**
 * Books calls on the product's own path: a batch of the gateway's lines, which the log takes and the ledger is charged for.
 * `atLast` runs when all is written and nothing committed.
 */
export const bookedBy = ({ db, budgets, accountId, atLast = async () => {} }: Booking) => {
  const now = () => new Date()
  const ingest = createIngest({
    db,
    now,
    log: quietLog,
    settle: budgets.charge,
    bookVerdicts: async () => {},
    bookSaved: async () => {},
    touchKeys: atLast,
  })
  return (calls: readonly Spending[]) =>
    ingest({ accountId, plans: [], lines: Buffer.from(calls.map((call) => `${lineOf(accountId, call)}\n`).join('')) })
}

// a call happened once: its line tells the same instant whenever it is written
const at = Date.now()

const lineOf = (accountId: string, { eventId, holdId, credits }: Spending): string => {
  const payer = { userId: null, serviceAccountId: null, teamId: null, orgId: null }
  const price = { modelId: 'mdl_1', model: 'small', factor: '1', priceVersion: 1 }
  return usageLine(usageFrame({ accountId, planId: 'pln_1', keyId: 'key_1', ...payer, ...price }), {
    ...{ id: eventId, at, connectionId: 'con_1', dialect: 'openai', operation: 'chat', stream: false },
    ...{ status: 'ok', httpStatus: 200, errorCode: null, errorMessage: null },
    tokens: { input: 10, cachedInput: 0, cacheWrite: 0, output: 5, reasoning: 0, source: 'reported' },
    ...{ costMicros: credits.toString(), creditMicros: credits.toString(), ttftMs: 3, durationMs: 9, attempts: 1 },
    hold: holdId === null ? null : { kind: 'hold', id: holdId, amountMicros: credits.toString() },
    ...{ trace: '{"steps":[],"spans":[],"figures":[],"droppedFields":[]}', content: null },
  })
}
