import type { Team } from '@cockpit/contract/directory'
import type { Domain, RateLimits } from '@cockpit/contract/kit'
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely'
import { containing, cutPage, type DB, isUniqueViolation, Problem, type Tx } from '../../platform/index.ts'

type Table = DB['teams']
type Row = Selectable<Table> & { org_name: string; members: bigint }
type Filter = {
  q?: string | undefined
  domains?: readonly Domain[] | undefined
  orgId?: string | undefined
  ids?: readonly string[] | undefined
}
type Page = Filter & { limit: number; after?: string | undefined }

/** All SQL over `teams`, of the account of the transaction. */
export const teamRepository = ({ sql: db, ctx }: Tx) => {
  const own = () =>
    db
      .selectFrom('teams')
      .innerJoin('orgs', (on) =>
        on.onRef('orgs.account_id', '=', 'teams.account_id').onRef('orgs.id', '=', 'teams.org_id'),
      )
      .where('teams.account_id', '=', ctx.accountId)
  const matching = ({ q, domains, orgId, ids }: Filter) =>
    own()
      .$if(ids !== undefined, (query) => query.where(sql<boolean>`teams.id = any(${[...(ids ?? [])]}::text[])`))
      .$if(domains !== undefined, (query) => query.where('teams.domain', 'in', domains ?? []))
      .$if(orgId !== undefined, (query) => query.where('teams.org_id', '=', orgId ?? ''))
      .$if(q !== undefined && q !== '', (query) =>
        query.where((e) =>
          e.or((['teams.name', 'teams.id', 'orgs.name'] as const).map((c) => e(c, 'ilike', containing(q ?? '')))),
        ),
      )
  const full = (rows: ReturnType<typeof own>) => rows.selectAll('teams').select(['orgs.name as org_name', membersOf])

  return {
    async page({ limit, after, ...filter }: Page) {
      const rows = await full(matching(filter))
        .$if(after !== undefined, (query) => query.where('teams.id', '<', after ?? ''))
        .orderBy('teams.id', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await matching(filter)
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      return { ...cutPage(rows, limit, present), total: Number(total) }
    },
    async find(id: string): Promise<Team | null> {
      const row = await full(own().where('teams.id', '=', id)).executeTakeFirst()
      return row ? present(row) : null
    },
    /** Held until the end of the transaction, so that a change is compared with what it changes. */
    async hold(id: string): Promise<Team | null> {
      const row = await full(own().where('teams.id', '=', id))
        .forUpdate('teams')
        .executeTakeFirst()
      return row ? present(row) : null
    },
    async insert(row: Omit<Insertable<Table>, 'account_id'>) {
      const values = { ...row, account_id: ctx.accountId }
      await db.insertInto('teams').values(values).execute().catch(explainConflict(row.name))
    },
    async update(id: string, columns: Updateable<Table>, name: string) {
      await db
        .updateTable('teams')
        .set(columns)
        .where('account_id', '=', ctx.accountId)
        .where('id', '=', id)
        .execute()
        .catch(explainConflict(name))
    },
    async remove(id: string) {
      await db.deleteFrom('teams').where('account_id', '=', ctx.accountId).where('id', '=', id).execute()
    },
    names: () => own().select(['teams.id', 'teams.name', 'orgs.name as orgName']).execute(),
    async slices() {
      const rows = await own().selectAll('teams').orderBy('teams.id').execute()
      return rows.map((row) => ({ id: row.id, name: row.name, orgId: row.org_id, limits: limitsOf(row) }))
    },
  }
}

export const limitColumns = ({ rpm, tpm }: RateLimits) => ({ rpm, tpm: tpm === null ? null : BigInt(tpm) })
export const limitsOf = ({ rpm, tpm }: { rpm: number | null; tpm: bigint | null }): RateLimits => ({
  rpm,
  tpm: tpm === null ? null : Number(tpm),
})

const membersOf = sql<bigint>`(select count(*) from team_members m
  where m.account_id = teams.account_id and m.team_id = teams.id)`.as('members')

const explainConflict = (name: string) => (error: unknown) => {
  if (isUniqueViolation(error, 'teams__name'))
    throw new Problem('team.name_taken', `Another team of this org is called '${name}'.`)
  throw error
}

const present = (row: Row): Team => ({
  id: row.id,
  domain: row.domain as Team['domain'],
  orgId: row.org_id,
  orgName: row.org_name,
  name: row.name,
  description: row.description,
  limits: limitsOf(row),
  members: Number(row.members),
  createdAt: row.created_at.toISOString(),
})
