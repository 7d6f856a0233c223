import { GuardrailCheck, type GuardrailScope } from '@cockpit/contract/guardrail-checks'
import type { Guardrail, NewGuardrail } from '@cockpit/contract/guardrails'
import { guardrailInWords } from '@cockpit/policy'
import { type Selectable, sql } from 'kysely'
import pg from 'pg'
import { z } from 'zod'
import { type DB, isUniqueViolation, Problem, type Tx } from '../../platform/index.ts'

type Row = Selectable<DB['guardrails']> & { scope_name: string | null }

/** All SQL over `guardrails`. Names of what they hold for come from the rooms that own it. */
export const guardrailRepository = ({ sql: db, ctx }: Tx) => {
  const own = () =>
    db
      .selectFrom('guardrails as g')
      .leftJoin('orgs as o', (on) => on.onRef('o.account_id', '=', 'g.account_id').onRef('o.id', '=', 'g.org_id'))
      .leftJoin('teams as t', (on) => on.onRef('t.account_id', '=', 'g.account_id').onRef('t.id', '=', 'g.team_id'))
      .leftJoin('keys as k', (on) => on.onRef('k.account_id', '=', 'g.account_id').onRef('k.id', '=', 'g.key_id'))
      .selectAll('g')
      .select(sql<string | null>`coalesce(o.name, t.name, k.name, g.model)`.as('scope_name'))
      .where('g.account_id', '=', ctx.accountId)

  return {
    async all(): Promise<Guardrail[]> {
      return (await own().orderBy('g.position').orderBy('g.id').execute()).map(present)
    },
    async find(id: string): Promise<Guardrail | null> {
      const row = await own().where('g.id', '=', id).executeTakeFirst()
      return row ? present(row) : null
    },
    /** Held until the end of the transaction, so that changes of one come one by one. */
    async hold(id: string): Promise<Guardrail | null> {
      const row = await own().where('g.id', '=', id).forUpdate('g').executeTakeFirst()
      return row ? present(row) : null
    },
    async insert({ id, at, ...fields }: NewGuardrail & { id: string; at: Date }) {
      await db
        .insertInto('guardrails')
        .values({ account_id: ctx.accountId, id, ...columnsOf(fields), created_at: at, updated_at: at })
        .execute()
        .catch(explained(fields))
    },
    async update(id: string, fields: NewGuardrail, at: Date) {
      await db
        .updateTable('guardrails')
        .set({ ...columnsOf(fields), updated_at: at })
        .where('account_id', '=', ctx.accountId)
        .where('id', '=', id)
        .execute()
        .catch(explained(fields))
    },
    async remove(id: string) {
      await db.deleteFrom('guardrails').where('account_id', '=', ctx.accountId).where('id', '=', id).execute()
    },
  }
}

const columnsOf = ({ name, description, status, scope, position, onFailure, checks }: NewGuardrail) => ({
  name,
  description,
  status,
  position,
  on_failure: onFailure,
  scope_type: scope.type,
  org_id: scope.type === 'org' ? scope.id : null,
  team_id: scope.type === 'team' ? scope.id : null,
  key_id: scope.type === 'key' ? scope.id : null,
  model: scope.type === 'model' ? scope.model : null,
  checks: JSON.stringify(checks),
})

const explained =
  ({ name, scope }: NewGuardrail) =>
  (error: unknown) => {
    if (isUniqueViolation(error, 'guardrails__name'))
      throw new Problem('guardrail.name_taken', `Another guardrail is called '${name}'.`)
    // whether it is nowhere or another account's is all the same
    if (error instanceof pg.DatabaseError && error.code === '23503')
      throw new Problem('input.invalid', `'scope.id' in the body: there is no such ${scope.type}.`, {
        errors: [{ pointer: '/scope/id', detail: `there is no such ${scope.type}` }],
      })
    throw error
  }

const scopeOf = ({ scope_type, org_id, team_id, key_id, model }: Row): GuardrailScope => {
  if (scope_type === 'model') return { type: 'model', model: model ?? '' }
  if (scope_type === 'org') return { type: 'org', id: org_id ?? '' }
  if (scope_type === 'team') return { type: 'team', id: team_id ?? '' }
  return scope_type === 'key' ? { type: 'key', id: key_id ?? '' } : { type: 'account' }
}

const present = (row: Row): Guardrail => {
  const checks = z.array(GuardrailCheck).parse(row.checks)
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    status: row.status as Guardrail['status'],
    scope: scopeOf(row),
    scopeName: row.scope_type === 'account' ? 'Everybody' : `${row.scope_type} '${row.scope_name ?? ''}'`,
    position: row.position,
    onFailure: row.on_failure as Guardrail['onFailure'],
    checks,
    summary: guardrailInWords({ checks }),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  }
}
