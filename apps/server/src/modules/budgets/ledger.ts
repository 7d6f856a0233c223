import type { LedgerEntry } from '@cockpit/contract/budgets'
import { decimalOf } from '@cockpit/contract/money'
import { sql } from 'kysely'
import type { z } from 'zod'
import type { Tx } from '../../platform/index.ts'
import type { BookTotal } from './replay.ts'
import { scopeName } from './tree.repository.ts'
import type { Posting } from './tree.ts'

const bookNames: Record<string, string> = { issued: 'Issued', spent: 'Spent', expired: 'Expired' }

/** SQL over the ledger: entries are added and read, never changed. */
export const ledger = ({ sql: db }: Tx, accountId: string) => ({
  async post(transactionId: string, at: Date, postings: readonly Posting[]) {
    if (postings.length === 0) return
    const rows = JSON.stringify(postings.map((posting) => ({ ...posting, amount: posting.amount.toString() })))
    await sql`
      insert into ledger_entries (account_id, transaction_id, at, kind, book, cycle_id, amount, reference)
      select ${accountId}, ${transactionId}, ${at}, kind, book, "cycleId", amount, reference
      from jsonb_to_recordset(${rows}::jsonb) as r(kind text, book text, "cycleId" text, amount bigint, reference text)`.execute(
      db,
    )
  },

  async page({ limit, after, book }: { limit: number; after?: string | undefined; book?: string | undefined }) {
    const before = after === undefined || !/^\d{1,18}$/.test(after) ? null : after
    const filter = sql`e.account_id = ${accountId} and (${book ?? null}::text is null or e.book = ${book ?? null})`
    const { rows } = await sql<EntryRow>`
      select e.*, case when n.id is not null then ${scopeName} end as scope_name
      from ledger_entries e left join budget_nodes n on n.account_id = e.account_id and n.id = e.book
      where ${filter} and (${before}::bigint is null or e.seq < ${before}::bigint)
      order by e.seq desc limit ${limit + 1}`.execute(db)
    const total = await sql<{ count: bigint }>`select count(*) as count from ledger_entries e where ${filter}`.execute(
      db,
    )
    const page = rows.slice(0, limit)
    return {
      items: page.map(presentEntry),
      next: rows.length > limit ? String(page.at(-1)?.seq) : null,
      total: Number(total.rows[0]?.count ?? 0n),
    }
  },

  /** What the entries of each cycle add up to, as the columns of the contract's Cycle. */
  async cycles() {
    const { rows } = await sql<CycleRow>`
      select c.*, coalesce(f.granted, 0)::bigint as granted, coalesce(f.rolled_in, 0)::bigint as rolled_in,
        coalesce(f.rolled_out, 0)::bigint as rolled_out, coalesce(f.expired, 0)::bigint as expired, b.settled
      from budget_cycles c
      join budget_nodes n on n.account_id = c.account_id and n.parent_id is null
      join budget_balances b on b.account_id = c.account_id and b.cycle_id = c.id and b.node_id = n.id
      left join (
        select cycle_id, -sum(amount) filter (where book = 'issued') as granted, sum(amount) filter (where book = 'expired') as expired,
          sum(amount) filter (where kind = 'rollover' and amount > 0) as rolled_in, -sum(amount) filter (where kind = 'rollover' and amount < 0) as rolled_out
        from ledger_entries where account_id = ${accountId} and kind <> 'settle' group by cycle_id
      ) f on f.cycle_id = c.id
      where c.account_id = ${accountId} order by c.starts_at desc`.execute(db)
    return rows.map((row) => ({
      id: row.id,
      startsAt: row.starts_at.toISOString(),
      endsAt: row.ends_at?.toISOString() ?? null,
      state: row.state,
      rolledIn: decimalOf(row.rolled_in),
      granted: decimalOf(row.granted),
      settled: decimalOf(row.settled),
      rolledOut: decimalOf(row.rolled_out),
      expired: decimalOf(row.expired),
    }))
  },

  async totals(): Promise<BookTotal[]> {
    const { rows } = await sql<BookTotal>`
      select cycle_id as "cycleId", book, kind, payer_node_id as payer, sum(amount)::bigint as amount
      from ledger_entries where account_id = ${accountId}
      group by cycle_id, book, kind, payer_node_id, amount > 0`.execute(db)
    return rows
  },
})

type EntryRow = {
  seq: bigint
  transaction_id: string
  at: Date
  kind: string
  book: string
  scope_name: string | null
  amount: bigint
  cycle_id: string
  reference: string | null
}

type CycleRow = {
  id: string
  starts_at: Date
  ends_at: Date | null
  state: 'open' | 'closed'
  granted: bigint
  rolled_in: bigint
  rolled_out: bigint
  expired: bigint
  settled: bigint
}

const presentEntry = (row: EntryRow): z.input<typeof LedgerEntry> => ({
  transactionId: row.transaction_id,
  at: row.at.toISOString(),
  kind: row.kind,
  book: row.book,
  bookName: bookNames[row.book] ?? row.scope_name ?? row.book,
  amount: decimalOf(row.amount),
  cycleId: row.cycle_id,
  reference: row.reference,
})
