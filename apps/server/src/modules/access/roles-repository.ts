import { type Insertable, type Selectable, sql, type Updateable } from 'kysely'
import { type DB, isUniqueViolation, Problem, type Tx } from '../../platform/index.ts'

type Table = DB['custom_roles']
export type CustomRoleRow = Selectable<Table>
type RoleColumns = { role: string | null; custom_role_id: string | null }

/** All SQL over `custom_roles`, of the account of the transaction. Counts memberships and assignments that hold roles. */
export const roleRepository = ({ sql: db, ctx }: Tx, now: Date) => {
  const own = () => db.selectFrom('custom_roles').selectAll().where('account_id', '=', ctx.accountId)
  return {
    all: (): Promise<CustomRoleRow[]> => own().orderBy('name').orderBy('id').execute(),
    async find(id: string): Promise<CustomRoleRow | null> {
      return (await own().where('id', '=', id).executeTakeFirst()) ?? null
    },
    /** Held until the end of the transaction: nobody is given a role that is being deleted. */
    async hold(id: string): Promise<CustomRoleRow | null> {
      return (await own().where('id', '=', id).forUpdate().executeTakeFirst()) ?? null
    },
    async insert(row: Omit<Insertable<Table>, 'account_id'>) {
      const values = { ...row, account_id: ctx.accountId }
      await db.insertInto('custom_roles').values(values).execute().catch(explainConflict(row.name))
    },
    async update(id: string, columns: Updateable<Table>, name: string) {
      await db
        .updateTable('custom_roles')
        .set(columns)
        .where('account_id', '=', ctx.accountId)
        .where('id', '=', id)
        .execute()
        .catch(explainConflict(name))
    },
    async remove(id: string) {
      await db.deleteFrom('custom_roles').where('account_id', '=', ctx.accountId).where('id', '=', id).execute()
    },
    /** Assignments, open requests and rules that name a custom role. */
    async uses(id: string): Promise<number> {
      const { rows } = await sql<{ n: bigint }>`
        select (select count(*) from role_assignments where account_id = ${ctx.accountId} and custom_role_id = ${id})
          + (select count(*) from role_requests
              where account_id = ${ctx.accountId} and custom_role_id = ${id} and status = 'open')
          + (select count(*) from deny_rules where account_id = ${ctx.accountId} and custom_role_id = ${id}) as n`.execute(
        db,
      )
      return Number(rows[0]?.n ?? 0)
    },
    /** Whoever held, asked for or was denied by `id` does so with another role from now on. */
    async replace(id: string, by: RoleColumns) {
      for (const table of ['role_assignments', 'role_requests', 'deny_rules'] as const)
        await db
          .updateTable(table)
          .set(by)
          .where('account_id', '=', ctx.accountId)
          .where('custom_role_id', '=', id)
          .execute()
    },
    /** How many hold each role, by its name or id: by membership, or by an assignment in force. */
    async holders(): Promise<ReadonlyMap<string, number>> {
      const { rows } = await sql<{ role: string; n: bigint }>`
        select role, count(distinct holder) as n from (
          select role, user_id as holder from memberships where account_id = ${ctx.accountId} and status = 'active'
          union all
          select coalesce(role, custom_role_id), coalesce(user_id, service_account_id) from role_assignments
          where account_id = ${ctx.accountId} and starts_at <= ${now} and (expires_at is null or expires_at > ${now})
        ) held group by role`.execute(db)
      return new Map(rows.map(({ role, n }) => [role, Number(n)]))
    },
  }
}

const explainConflict = (name: string) => (error: unknown) => {
  if (isUniqueViolation(error, 'custom_roles__name'))
    throw new Problem('role.name_taken', `Another role is called '${name}'.`)
  throw error
}
