import type { ScimGroup, ScimRule } from '@cockpit/contract/scim'
import { sql } from 'kysely'
import { containing, cutPage, type Tx } from '../../platform/index.ts'
import { matches } from './model.ts'
import type { SyncDirectory } from './port.ts'
import { ruleRepository } from './rules-repository.ts'

type Query = { limit: number; after?: string | undefined; q?: string | undefined }

/** The groups of the source as an admin sees them: how many are in them, and what that gives. */
export const adminRepository = (tx: Tx, directory: Pick<SyncDirectory, 'names'>) => ({
  async page({ limit, after, q }: Query) {
    const { sql: db, ctx } = tx
    const own = () =>
      db
        .selectFrom('scim_groups as g')
        .where('g.account_id', '=', ctx.accountId)
        .$if(q !== undefined && q !== '', (query) => query.where('g.display_name', 'ilike', containing(q ?? '')))
    const rows = await own()
      .selectAll('g')
      .select(membersOf)
      .$if(after !== undefined, (query) => query.where('g.id', '<', after ?? ''))
      .orderBy('g.id', 'desc')
      .limit(limit + 1)
      .execute()
    const { total } = await own()
      .select((e) => e.fn.countAll<bigint>().as('total'))
      .executeTakeFirstOrThrow()
    const rules = await ruleRepository(tx).list()
    const names = await namesIn(tx, directory, rules)
    const present = (row: (typeof rows)[number]): ScimGroup => ({
      id: row.id,
      name: row.display_name,
      externalId: row.external_id,
      members: Number(row.members),
      gives: rules.filter(({ match }) => matches(match, row.display_name)).map(({ gives }) => inWords(gives, names)),
      updatedAt: row.updated_at.toISOString(),
    })
    return { ...cutPage(rows, limit, present), total: Number(total) }
  },
})

const membersOf = sql<bigint>`(select count(*) from scim_group_members m
  where m.account_id = g.account_id and m.group_id = g.id)`.as('members')

const namesIn = async (tx: Tx, directory: Pick<SyncDirectory, 'names'>, rules: readonly ScimRule[]) => {
  const ids = (kind: 'team' | 'org') => rules.flatMap(({ gives }) => (gives.kind === kind ? [gives.id] : []))
  return new Map([
    ...(await directory.names(tx, 'teams', ids('team'))),
    ...(await directory.names(tx, 'orgs', ids('org'))),
  ])
}

const inWords = (gives: ScimRule['gives'], names: ReadonlyMap<string, string>): string => {
  if (gives.kind === 'role') return `role ${gives.role}`
  const name = names.get(gives.id) ?? gives.id
  return gives.kind === 'team' ? `team ${name}` : `a team in org ${name}`
}
