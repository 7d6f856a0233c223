import type { Key } from '@cockpit/contract/keys'
import type { SliceKey } from '@cockpit/contract/snapshot'
import {
  type Expression,
  type ExpressionBuilder,
  type Insertable,
  type Selectable,
  type SqlBool,
  sql,
  type Updateable,
} from 'kysely'
import { containing, credentialStatus, cutPage, type DB, type Tx } from '../../platform/index.ts'
import { endedKeptMs, type Owner, ownerColumns } from './model.ts'
import { presentKey, sliceOf } from './present.ts'

/** Keys counted exactly up to here: nobody waits until all of hundreds of thousands are counted. */
const countMax = 10_000

type Table = DB['keys']
type Row = Selectable<Table> & { owner_name: string | null }
type Filter = {
  q?: string | undefined
  status?: Key['status'] | undefined
  ownerId?: string | undefined
  teamId?: string | undefined
  model?: string | undefined
  hash?: string | undefined
}
type Page = Filter & { limit: number; after?: string | undefined }

/** Whose keys a caller may touch: everybody's, or those of one user and those that some teams pay for. */
export type Reach = 'all' | { userId: string; teamIds: readonly string[] }

/** All SQL over `keys`, of the account of the transaction. Reads the names of owners and who is in which team. */
export const keyRepository = ({ sql: db, ctx }: Tx, now: Date) => {
  const own = () => db.selectFrom('keys').where('keys.account_id', '=', ctx.accountId)
  const within = (reach: Reach) =>
    reach === 'all'
      ? own()
      : own().where((e) =>
          e.or([
            e('keys.user_id', '=', reach.userId),
            sql<boolean>`${payingTeam} = any(${[...reach.teamIds]}::text[])`,
          ]),
        )
  const present = (row: Row) => presentKey(row, now)

  const matching = (reach: Reach, filter: Filter) =>
    within(reach).where((e) => {
      const over = e('expires_at', '<=', now)
      const ended = e.or([e('revoked_at', 'is not', null), e.and([e('expires_at', 'is not', null), over])])
      const states: Record<Key['status'], Expression<SqlBool>> = {
        active: e.not(ended),
        expired: e.and([e('revoked_at', 'is', null), over]),
        revoked: e('revoked_at', 'is not', null),
      }
      // the playground makes a key an hour; those that ended are of no interest to anybody
      const ofInterest = e.not(e.and([e('purpose', '=', 'playground'), ended]))
      return e.and([ofInterest, ...(filter.status ? [states[filter.status]] : []), ...narrowed(e, filter)])
    })

  return {
    async page({ limit, after, ...filter }: Page, reach: Reach) {
      const rows = await matching(reach, filter)
        .$if(after !== undefined, (query) => query.where('keys.id', '<', after ?? ''))
        .selectAll('keys')
        .select(ownerName.as('owner_name'))
        .orderBy('keys.id', 'desc')
        .limit(limit + 1)
        .execute()
      const counted = matching(reach, filter).select(sql.lit(1).as('one')).limit(countMax).as('counted')
      const { total } = await db
        .selectFrom(counted)
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      return { ...cutPage(rows, limit, present), total: Number(total) }
    },
    async find(id: string, reach: Reach = 'all'): Promise<Key | null> {
      const found = within(reach).where('keys.id', '=', id).selectAll('keys').select(ownerName.as('owner_name'))
      const row = await found.executeTakeFirst()
      return row ? present(row) : null
    },
    /** Holds a key that is not revoked until the end of the transaction. */
    async hold(id: string, reach: Reach): Promise<Key | null> {
      const found = within(reach).where('keys.id', '=', id).where('revoked_at', 'is', null)
      const row = await found.selectAll('keys').select(ownerName.as('owner_name')).forUpdate('keys').executeTakeFirst()
      return row ? present(row) : null
    },
    async ownerOf(id: string) {
      const columns = ['user_id as userId', 'service_account_id as serviceAccountId', 'team_id as teamId'] as const
      return (await own().where('id', '=', id).select(columns).executeTakeFirst()) ?? null
    },
    /** The team that pays for keys of this owner which name none. */
    async primaryTeamOf({ kind, id }: Owner): Promise<string | null> {
      const row = await (kind === 'user'
        ? db
            .selectFrom('team_members')
            .select('team_id')
            .where('account_id', '=', ctx.accountId)
            .where('user_id', '=', id)
            .orderBy('position')
            .limit(1)
        : db
            .selectFrom('service_accounts')
            .select('team_id')
            .where('account_id', '=', ctx.accountId)
            .where('id', '=', id)
      ).executeTakeFirst()
      return row?.team_id ?? null
    },
    async insert(row: Omit<Insertable<Table>, 'account_id'>) {
      await db
        .insertInto('keys')
        .values({ ...row, account_id: ctx.accountId })
        .execute()
    },
    /** False where a key of whichever account has this hash. */
    async insertUnlessTaken(row: Omit<Insertable<Table>, 'account_id'>): Promise<boolean> {
      const added = await db
        .insertInto('keys')
        .values({ ...row, account_id: ctx.accountId })
        .onConflict((conflict) => conflict.column('hash').doNothing())
        .executeTakeFirst()
      return added.numInsertedOrUpdatedRows === 1n
    },
    /** Keys of the account, ended ones too, by the hash of their secret. */
    async idsByHash(hashes: readonly string[]): Promise<Map<string, string>> {
      const rows = await own()
        .where('hash', 'in', [...hashes])
        .select(['hash', 'id'])
        .execute()
      return new Map(rows.map(({ hash, id }) => [hash, id]))
    },
    async update(id: string, columns: Updateable<Table>) {
      await db.updateTable('keys').set(columns).where('account_id', '=', ctx.accountId).where('id', '=', id).execute()
    },
    /** The new secret takes over; the old one is remembered as long as it shall still work. */
    async replaceSecret(id: string, { hash, preview }: { hash: string; preview: string }, previousUntil: Date | null) {
      await db
        .updateTable('keys')
        .set((e) => ({
          hash,
          preview,
          rotated_at: now,
          previous_hash: previousUntil === null ? null : e.ref('hash'),
          previous_valid_until: previousUntil,
        }))
        .where('account_id', '=', ctx.accountId)
        .where('id', '=', id)
        .execute()
    },
    /** Ends the working and the expired keys of an owner; answers them as they were. */
    async revokeOf(owner: Owner, purpose?: Key['purpose']): Promise<Pick<Key, 'id' | 'name' | 'status'>[]> {
      const column = owner.kind === 'user' ? 'user_id' : 'service_account_id'
      const ended = await db
        .updateTable('keys')
        .set({ revoked_at: now })
        .where('account_id', '=', ctx.accountId)
        .where(column, '=', owner.id)
        .where('revoked_at', 'is', null)
        .$if(purpose !== undefined, (query) => query.where('purpose', '=', purpose ?? 'gateway'))
        .returning(['id', 'name', 'expires_at'])
        .execute()
      return ended.map(({ id, name, expires_at }) => ({
        id,
        name,
        status: credentialStatus({ expires_at, revoked_at: null }, now),
      }))
    },
    async countActive(owner: Owner): Promise<number> {
      const columns = ownerColumns(owner)
      const { active } = await own()
        .where('purpose', '=', 'gateway')
        .where('revoked_at', 'is', null)
        .where((e) => e.or([e('expires_at', 'is', null), e('expires_at', '>', now)]))
        .where((e) =>
          owner.kind === 'user'
            ? e('user_id', '=', columns.user_id)
            : e('service_account_id', '=', columns.service_account_id),
        )
        .select((e) => e.fn.countAll<bigint>().as('active'))
        .executeTakeFirstOrThrow()
      return Number(active)
    },

    /** Holds the membership, so that a key made meanwhile ends with it when the person is being removed. */
    async isActiveMember(userId: string): Promise<boolean> {
      const row = await db
        .selectFrom('memberships')
        .select('user_id')
        .where('account_id', '=', ctx.accountId)
        .where('user_id', '=', userId)
        .where('status', '=', 'active')
        .forShare()
        .executeTakeFirst()
      return row !== undefined
    },
    /** Holds the service account for the same reason. */
    async isServiceAccount(id: string): Promise<boolean> {
      const row = await db
        .selectFrom('service_accounts')
        .select('id')
        .where('account_id', '=', ctx.accountId)
        .where('id', '=', id)
        .forShare()
        .executeTakeFirst()
      return row !== undefined
    },
    /** Whether a team may pay for keys of this owner: a person spends from teams they are in. */
    async isTeamOf(teamId: string, owner: Owner): Promise<boolean> {
      const teams = db.selectFrom('teams').select('teams.id').where('teams.account_id', '=', ctx.accountId)
      const found =
        owner.kind === 'service_account'
          ? teams.where('teams.id', '=', teamId)
          : teams
              .innerJoin('team_members as m', (on) =>
                on.onRef('m.account_id', '=', 'teams.account_id').onRef('m.team_id', '=', 'teams.id'),
              )
              .where('teams.id', '=', teamId)
              .where('m.user_id', '=', owner.id)
      return (await found.executeTakeFirst()) !== undefined
    },

    async slices(): Promise<SliceKey[]> {
      const kept = new Date(now.getTime() - endedKeptMs)
      const rows = await own()
        .where((e) => e.or([e('revoked_at', 'is', null), e('revoked_at', '>', kept)]))
        .where((e) => e.or([e('expires_at', 'is', null), e('expires_at', '>', kept)]))
        .selectAll()
        .orderBy('id')
        .execute()
      return rows.map(sliceOf)
    },
  }
}

const narrowed = (e: ExpressionBuilder<DB, 'keys'>, { q, ownerId, teamId, model, hash }: Filter) => {
  const all: Expression<SqlBool>[] = []
  if (ownerId) all.push(e.or([e('user_id', '=', ownerId), e('service_account_id', '=', ownerId)]))
  if (hash) all.push(e('hash', '=', hash))
  if (teamId) all.push(e('team_id', '=', teamId))
  if (model) all.push(e.or([e('models', 'is', null), sql<boolean>`${model} = any(${e.ref('models')})`]))
  if (q) {
    const pattern = containing(q)
    // ids and previews have no letters but a to z: without the rules of a language PostgreSQL compares them ten times as fast
    const inText = sql<boolean>`(keys.id collate "C" ilike ${pattern} or keys.preview collate "C" ilike ${pattern})`
    all.push(e.or([e('keys.name', 'ilike', pattern), inText, ownedBy(pattern)]))
  }
  return all
}

/** Whose budget a key uses: the team it names, else the primary team of its owner. */
const payingTeam = sql<string | null>`coalesce(keys.team_id,
  (select m.team_id from team_members m where m.account_id = keys.account_id and m.user_id = keys.user_id
    order by m.position limit 1),
  (select s.team_id from service_accounts s where s.account_id = keys.account_id and s.id = keys.service_account_id))`

/** Owners are found once by their names, not anew for each of hundreds of thousands of keys. */
const ownedBy = (pattern: string) => sql<boolean>`(
  keys.user_id in (select u.id from users u where u.name ilike ${pattern})
  or (keys.account_id, keys.service_account_id) in
    (select s.account_id, s.id from service_accounts s where s.name ilike ${pattern}))`

const ownerName = sql<string | null>`coalesce(
  (select u.name from users u where u.id = keys.user_id),
  (select s.name from service_accounts s where s.account_id = keys.account_id and s.id = keys.service_account_id))`
