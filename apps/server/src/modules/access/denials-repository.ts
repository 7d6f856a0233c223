import type { RoleName } from '@cockpit/contract/kit'
import type { DenyRule } from '@cockpit/contract/roles'
import { type Insertable, type Selectable, sql } from 'kysely'
import { containing, cutPage, type DB, type Tx } from '../../platform/index.ts'
import { isPermission, roleNames } from './model.ts'

type Table = DB['deny_rules']
type Row = Selectable<Table> & { subject_name: string | null }

/** All SQL over `deny_rules`, of the account of the transaction. Reads the names of whom they concern. */
export const denialRepository = ({ sql: db, ctx }: Tx) => {
  const own = () => db.selectFrom('deny_rules as d').where('d.account_id', '=', ctx.accountId)
  const matching = (q: string | undefined) =>
    own().$if(q !== undefined && q !== '', (query) =>
      query.where((e) => e.or([e('d.reason', 'ilike', containing(q ?? '')), e('d.id', '=', q ?? '')])),
    )
  return {
    async page({ limit, after, q }: { limit: number; after?: string | undefined; q?: string | undefined }) {
      const rows = await matching(q)
        .$if(after !== undefined, (query) => query.where('d.id', '<', after ?? ''))
        .selectAll('d')
        .select(subjectName)
        .orderBy('d.id', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await matching(q)
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      return { ...cutPage(rows, limit, present), total: Number(total) }
    },
    async find(id: string): Promise<DenyRule | null> {
      const row = await own().selectAll('d').select(subjectName).where('d.id', '=', id).executeTakeFirst()
      return row ? present(row) : null
    },
    async writerOf(id: string): Promise<string | null> {
      const row = await own().select('d.written_by').where('d.id', '=', id).executeTakeFirst()
      return row?.written_by ?? null
    },
    async among(ids: readonly string[]): Promise<DenyRule[]> {
      if (ids.length === 0) return []
      const rows = await own().selectAll('d').select(subjectName).where('d.id', 'in', ids).execute()
      return rows.map(present)
    },
    async insert(row: Omit<Insertable<Table>, 'account_id'>) {
      await db
        .insertInto('deny_rules')
        .values({ ...row, account_id: ctx.accountId })
        .execute()
    },
    async remove(id: string): Promise<void> {
      await db.deleteFrom('deny_rules').where('account_id', '=', ctx.accountId).where('id', '=', id).execute()
    },
  }
}

const subjectName = sql<string | null>`coalesce(
  (select u.name from users u where u.id = d.user_id),
  (select s.name from service_accounts s where s.account_id = d.account_id and s.id = d.service_account_id),
  (select r.name from custom_roles r where r.account_id = d.account_id and r.id = d.custom_role_id))`.as('subject_name')

const present = (row: Row): DenyRule => ({
  id: row.id,
  subject: {
    kind: row.subject as DenyRule['subject']['kind'],
    id: row.role ?? row.custom_role_id ?? row.user_id ?? row.service_account_id,
    name: row.role ? roleNames[row.role as RoleName] : (row.subject_name ?? 'Everyone'),
  },
  permissions: row.permissions.filter(isPermission),
  reason: row.reason,
  expiresAt: row.expires_at?.toISOString() ?? null,
  createdBy: row.created_by,
  createdAt: row.created_at.toISOString(),
})
