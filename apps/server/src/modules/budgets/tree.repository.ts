import { sql } from 'kysely'
import type { Tx } from '../../platform/index.ts'
import { type Mode, type Node, overdraftOf, parentsFirst, type Scope, type Source } from './model.ts'

/** SQL over nodes and their figures in one cycle. Names come from the directory's tables, which it only reads. */
export const treeRepository = ({ sql: db }: Tx, accountId: string) => ({
  /** Whoever changes figures of a cycle holds the row of its root until the end of the transaction. */
  async lockRoot(cycleId: string) {
    await sql`
      select 1 from budget_balances b join budget_nodes n on n.account_id = b.account_id and n.id = b.node_id
      where b.account_id = ${accountId} and b.cycle_id = ${cycleId} and n.parent_id is null for update of b`.execute(db)
  },
  /** The nodes with figures in a cycle, parents first; those removed meanwhile only on request. */
  async nodes(cycleId: string, { removed = false } = {}): Promise<Node[]> {
    const { rows } = await sql<NodeRow>`
      select n.id, n.parent_id, n.scope_type, n.scope_id, b.mode, n.source, n.limit_micros as definition,
        n.removed_at is not null as removed, b.limit_micros, b.carved, b.held, b.settled, b.own_held, b.own_settled, b.lapsed,
        ${scopeName} as scope_name
      from budget_balances b join budget_nodes n on n.account_id = b.account_id and n.id = b.node_id
      where b.account_id = ${accountId} and b.cycle_id = ${cycleId} and (n.removed_at is null or ${removed})`.execute(
      db,
    )
    return parentsFirst(rows.map(presentNode))
  },
  /** Writes definitions and limits; what calls held and settled stays as it is. */
  async save(cycleId: string, nodes: Iterable<Node>, at: Date) {
    const rows = JSON.stringify(Array.from(nodes, row))
    if (rows === '[]') return
    await sql`
      insert into budget_nodes (account_id, id, parent_id, scope_type, scope_id, mode, source, limit_micros, created_at, removed_at)
      select ${accountId}, id, parent_id, scope_type, scope_id, mode, source, definition, ${at}, case when removed then ${at}::timestamptz end
      from jsonb_to_recordset(${rows}::jsonb) as r(id text, parent_id text, scope_type text, scope_id text, mode text,
        source text, definition bigint, removed boolean)
      on conflict (account_id, id) do update set mode = excluded.mode, source = excluded.source,
        limit_micros = excluded.limit_micros, removed_at = coalesce(budget_nodes.removed_at, excluded.removed_at)`.execute(
      db,
    )
    await sql`
      insert into budget_balances (account_id, cycle_id, node_id, mode, limit_micros, carved, lapsed, overdraft)
      select ${accountId}, ${cycleId}, id, mode, limit_micros, carved, lapsed, overdraft
      from jsonb_to_recordset(${rows}::jsonb) as r(id text, mode text, limit_micros bigint, carved bigint, lapsed bigint, overdraft bigint)
      on conflict (account_id, cycle_id, node_id) do update set mode = excluded.mode, limit_micros = excluded.limit_micros,
        carved = excluded.carved, lapsed = excluded.lapsed, overdraft = excluded.overdraft`.execute(db)
  },
  async rootId(): Promise<string | null> {
    const row = await db
      .selectFrom('budget_nodes')
      .select('id')
      .where('account_id', '=', accountId)
      .where('parent_id', 'is', null)
      .executeTakeFirst()
    return row?.id ?? null
  },
  async idOfScope({ type, id }: Pick<Scope, 'type' | 'id'>): Promise<string | null> {
    const row = await db
      .selectFrom('budget_nodes')
      .select('id')
      .where('account_id', '=', accountId)
      .where('scope_type', '=', type)
      .where('scope_id', '=', id)
      .where('removed_at', 'is', null)
      .executeTakeFirst()
    return row?.id ?? null
  },
})

/** Micro-credits settled in the open cycle, by account. */
export const settledOf = async ({ sql: db }: Tx, accountIds: readonly string[]): Promise<Map<string, bigint>> => {
  const rows = await db
    .selectFrom('budget_cycles as c')
    .innerJoin('budget_nodes as n', 'n.account_id', 'c.account_id')
    .innerJoin('budget_balances as b', (join) =>
      join.onRef('b.account_id', '=', 'c.account_id').onRef('b.cycle_id', '=', 'c.id').onRef('b.node_id', '=', 'n.id'),
    )
    .select(['c.account_id', 'b.settled'])
    .where('c.state', '=', 'open')
    .where('n.parent_id', 'is', null)
    .where('c.account_id', 'in', accountIds.length > 0 ? accountIds : [''])
    .execute()
  return new Map(rows.map((row) => [row.account_id, row.settled]))
}

/** The name of the scope of node `n`; its id when the directory no longer knows it. */
export const scopeName = sql<string>`coalesce(case n.scope_type
  when 'account' then (select a.name from accounts a where a.account_id = n.account_id)
  when 'org' then (select o.name from orgs o where o.account_id = n.account_id and o.id = n.scope_id)
  when 'team' then (select t.name from teams t where t.account_id = n.account_id and t.id = n.scope_id)
  else (select u.name from users u where u.id = n.scope_id) end, n.scope_id)`

type NodeRow = {
  id: string
  parent_id: string | null
  scope_type: Scope['type']
  scope_id: string
  scope_name: string
  mode: Mode
  source: Source
  definition: bigint
  removed: boolean
  limit_micros: bigint
  carved: bigint
  held: bigint
  settled: bigint
  own_held: bigint
  own_settled: bigint
  lapsed: bigint
}

const presentNode = (r: NodeRow): Node => ({
  id: r.id,
  parentId: r.parent_id,
  scope: { type: r.scope_type, id: r.scope_id, name: r.scope_name },
  mode: r.mode,
  source: r.source,
  definition: r.definition,
  removed: r.removed,
  limit: r.limit_micros,
  carved: r.carved,
  held: r.held,
  settled: r.settled,
  ownHeld: r.own_held,
  ownSettled: r.own_settled,
  lapsed: r.lapsed,
})

const row = (node: Node) => ({
  id: node.id,
  parent_id: node.parentId,
  scope_type: node.scope.type,
  scope_id: node.scope.id,
  mode: node.mode,
  source: node.source,
  definition: node.definition.toString(),
  removed: node.removed,
  limit_micros: node.limit.toString(),
  carved: node.carved.toString(),
  lapsed: node.lapsed.toString(),
  overdraft: overdraftOf(node).toString(),
})
