import { decimalOf } from '@cockpit/contract/money'
import { sql } from 'kysely'
import { type Clock, newId, type Tx } from '../../platform/index.ts'
import { type Node, thresholdsCrossed } from './model.ts'
import { scopeName } from './tree.repository.ts'

export type Crossing = { nodeId: string; cycleId: string; limit: bigint; before: bigint; after: bigint }

/** Tells once per node, cycle and threshold that spending reached it, with the change that reached it. */
export const createAlerts = ({ now }: { now: Clock }) => ({
  async evaluate(tx: Tx, accountId: string, crossings: readonly Crossing[]) {
    const reached = crossings.flatMap((crossing) =>
      thresholdsCrossed(crossing.limit, crossing.before, crossing.after).map((threshold) => ({
        ...crossing,
        threshold,
      })),
    )
    for (const { nodeId, cycleId, threshold, limit, after } of reached) {
      const { rows } = await sql<{ scope_type: string; scope_id: string; scope_name: string }>`
        with fresh as (
          insert into budget_alerts (account_id, id, node_id, cycle_id, threshold, settled, limit_micros, at)
          values (${accountId}, ${newId('alr', now())}, ${nodeId}, ${cycleId}, ${threshold}, ${after}, ${limit}, ${now()})
          on conflict (account_id, node_id, cycle_id, threshold) do nothing returning account_id, node_id
        )
        select n.scope_type, n.scope_id, ${scopeName} as scope_name
        from fresh f join budget_nodes n on n.account_id = f.account_id and n.id = f.node_id`.execute(tx.sql)
      const [scope] = rows
      if (!scope) continue
      await tx.emit('budget.threshold_reached', {
        subject: { type: 'budget_allocation', id: nodeId, name: scope.scope_name },
        after: {
          scope: { type: scope.scope_type, id: scope.scope_id, name: scope.scope_name },
          ...{ threshold, settled: decimalOf(after), limit: decimalOf(limit), cycleId },
        },
        accountId,
      })
    }
  },

  /** After a change of limits: a threshold that is no longer reached may be reached again, one now reached is told. */
  async rearm(tx: Tx, accountId: string, cycleId: string, nodes: Iterable<Node>) {
    const changed = [...nodes]
    await sql`
      delete from budget_alerts a using budget_balances b
      where a.account_id = ${accountId} and a.cycle_id = ${cycleId} and a.node_id = any (${changed.map(({ id }) => id)})
        and b.account_id = a.account_id and b.cycle_id = a.cycle_id and b.node_id = a.node_id
        and b.settled * 100 < a.threshold * b.limit_micros`.execute(tx.sql)
    const crossings = changed.map(({ id, limit, settled }) => ({
      nodeId: id,
      cycleId,
      limit,
      before: 0n,
      after: settled,
    }))
    await this.evaluate(tx, accountId, crossings)
  },

  /** Those of a cycle, newest first. */
  async list({ sql: db }: Tx, accountId: string, cycleId: string) {
    const { rows } = await sql<AlertRow>`
      select a.*, n.scope_type, n.scope_id, ${scopeName} as scope_name
      from budget_alerts a join budget_nodes n on n.account_id = a.account_id and n.id = a.node_id
      where a.account_id = ${accountId} and a.cycle_id = ${cycleId} order by a.at desc, a.threshold desc, a.id`.execute(
      db,
    )
    return rows.map((row) => ({
      id: row.id,
      nodeId: row.node_id,
      scope: { type: row.scope_type, id: row.scope_id, name: row.scope_name },
      threshold: row.threshold,
      settled: decimalOf(row.settled),
      limit: decimalOf(row.limit_micros),
      cycleId: row.cycle_id,
      at: row.at.toISOString(),
    }))
  },
})
export type Alerts = ReturnType<typeof createAlerts>

type AlertRow = {
  id: string
  node_id: string
  cycle_id: string
  threshold: number
  settled: bigint
  limit_micros: bigint
  at: Date
  scope_type: Node['scope']['type']
  scope_id: string
  scope_name: string
}
