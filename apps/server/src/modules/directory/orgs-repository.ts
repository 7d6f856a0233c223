import type { Org } from '@cockpit/contract/directory'
import type { Domain } from '@cockpit/contract/kit'
import { type Insertable, type Selectable, sql } from 'kysely'
import { containing, cutPage, type DB, isUniqueViolation, Problem, type Tx } from '../../platform/index.ts'

type Row = Selectable<DB['orgs']> & { teams: bigint }
type Filter = { q?: string | undefined; domains?: readonly Domain[] | undefined }
type Page = Filter & { limit: number; after?: string | undefined }

/** All SQL over `orgs`, of the account of the transaction. */
export const orgRepository = ({ sql: db, ctx }: Tx) => {
  const own = () => db.selectFrom('orgs').where('orgs.account_id', '=', ctx.accountId)
  const matching = ({ q, domains }: Filter) =>
    own()
      .$if(domains !== undefined, (query) => query.where('domain', 'in', domains ?? []))
      .$if(q !== undefined && q !== '', (query) =>
        query.where((e) => e.or([e('name', 'ilike', containing(q ?? '')), e('id', 'ilike', containing(q ?? ''))])),
      )
  return {
    async page({ limit, after, ...filter }: Page) {
      const rows = await matching(filter)
        .$if(after !== undefined, (query) => query.where('id', '<', after ?? ''))
        .selectAll()
        .select(teamsIn)
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await matching(filter)
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      return { ...cutPage(rows, limit, present), total: Number(total) }
    },
    async find(id: string): Promise<Org | null> {
      const row = await own().where('id', '=', id).selectAll().select(teamsIn).executeTakeFirst()
      return row ? present(row) : null
    },
    /** Held until the end of the transaction: no team joins an org that is being deleted. */
    async hold(id: string): Promise<Org | null> {
      const row = await own().where('id', '=', id).selectAll().select(teamsIn).forUpdate().executeTakeFirst()
      return row ? present(row) : null
    },
    async defaultId(): Promise<string | null> {
      return (await own().where('is_default', '=', true).select('id').executeTakeFirst())?.id ?? null
    },
    async insert(row: Omit<Insertable<DB['orgs']>, 'account_id'>) {
      const values = { ...row, account_id: ctx.accountId }
      await db.insertInto('orgs').values(values).execute().catch(explainConflict(row.name))
    },
    async update(id: string, fields: { name?: string | undefined; description?: string | null | undefined }) {
      await db
        .updateTable('orgs')
        .set({
          ...(fields.name !== undefined && { name: fields.name }),
          ...(fields.description !== undefined && { description: fields.description }),
        })
        .where('account_id', '=', ctx.accountId)
        .where('id', '=', id)
        .execute()
        .catch(explainConflict(fields.name ?? ''))
    },
    async remove(id: string) {
      await db.deleteFrom('orgs').where('account_id', '=', ctx.accountId).where('id', '=', id).execute()
    },
    slices: () => own().select(['id', 'name']).orderBy('id').execute(),
  }
}

const teamsIn = sql<bigint>`(select count(*) from teams t
  where t.account_id = orgs.account_id and t.org_id = orgs.id)`.as('teams')

const explainConflict = (name: string) => (error: unknown) => {
  if (isUniqueViolation(error, 'orgs__name')) throw new Problem('org.name_taken', `Another org is called '${name}'.`)
  throw error
}

const present = (row: Row): Org => ({
  id: row.id,
  domain: row.domain as Org['domain'],
  name: row.name,
  description: row.description,
  isDefault: row.is_default,
  teams: Number(row.teams),
  createdAt: row.created_at.toISOString(),
})
