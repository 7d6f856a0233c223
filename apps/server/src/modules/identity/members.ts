import type { RoleName } from '@cockpit/contract/kit'
import { sql as raw } from 'kysely'
import { attempt, type Tx } from '../../platform/index.ts'
import { peopleRepository } from './people-repository.ts'
import type { KeepAdmin } from './port.ts'
import { resolutionRepository } from './resolution/repository.ts'
import type { Sessions } from './sessions.ts'

export type Member = {
  userId: string
  email: string
  name: string
  role: RoleName
  status: 'active' | 'suspended'
  source: 'manual' | 'sso' | 'scim'
  createdAt: Date
}

/** What a room that follows an identity provider may do with members and their sign-ins, in its own platform transaction. */
type Deps = { sessions: Pick<Sessions, 'endAllOf'>; keepAdmin: KeepAdmin }
export const createMembers = ({ sessions, keepAdmin }: Deps) => {
  const of = ({ sql }: Tx, accountId: string) =>
    sql
      .selectFrom('memberships as m')
      .innerJoin('users as u', 'u.id', 'm.user_id')
      .select(['m.user_id', 'u.email', 'u.name', 'm.role', 'm.status', 'm.source', 'm.created_at'])
      .where('m.account_id', '=', accountId)

  return {
    async all(tx: Tx, accountId: string): Promise<Member[]> {
      return (await of(tx, accountId).orderBy('m.created_at').orderBy('m.user_id').execute()).map(present)
    },
    async one(tx: Tx, accountId: string, userId: string): Promise<Member | null> {
      const row = await of(tx, accountId).where('m.user_id', '=', userId).forUpdate('m').executeTakeFirst()
      return row ? present(row) : null
    },
    accountsOf: async (tx: Tx, userId: string): Promise<string[]> =>
      (await peopleRepository(tx).memberships(userId)).map(({ accountId }) => accountId),
    account: (tx: Tx, accountId: string) => peopleRepository(tx).account(accountId),

    /**
     * What the identity provider decided. It stops whoever it is, also the last administrator: somebody who may not sign
     * in there must not keep access here. A role follows only a membership that came from there and that nobody changed
     * since, and does not take the last administrator; false when it did not.
     */
    async follow(
      tx: Tx,
      accountId: string,
      userId: string,
      change: { role: RoleName } | { status: 'active' | 'suspended' },
    ): Promise<boolean> {
      const membership = tx.sql
        .updateTable('memberships')
        .where('account_id', '=', accountId)
        .where('user_id', '=', userId)
      if ('status' in change) return isOne(await membership.set(change).executeTakeFirst())
      const { role } = change
      const followed = membership
        .set({ role, provenance: raw`jsonb_set(provenance, '{role}', to_jsonb(${role}::text))` })
        .where('source', '=', 'sso')
        .where(raw<boolean>`provenance ->> 'role' = role`)
      const outcome = await attempt(tx, () => keepAdmin(tx, accountId, () => followed.executeTakeFirst()))
      return 'value' in outcome && isOne(outcome.value)
    },

    /** Whom this issuer calls so, and what it calls somebody. */
    personOf: async (tx: Tx, issuer: string, subject: string): Promise<string | null> =>
      (await resolutionRepository(tx).identity(issuer, subject))?.userId ?? null,
    async subjectsAt({ sql }: Tx, issuer: string, userIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
      if (userIds.length === 0) return new Map()
      const rows = await sql
        .selectFrom('user_identities')
        .select(['user_id', 'subject'])
        .where('issuer', '=', issuer)
        .where('user_id', 'in', userIds)
        .execute()
      return new Map(rows.map((row) => [row.user_id, row.subject]))
    },

    /** Ends what a person has open: sessions, and tokens that were issued before now. */
    async signOutEverywhere(tx: Tx, userId: string, reason: string): Promise<void> {
      await sessions.endAllOf(tx, userId, { reason })
    },
  }
}
export type IdentityMembers = ReturnType<typeof createMembers>

const isOne = ({ numUpdatedRows }: { numUpdatedRows: bigint }) => numUpdatedRows === 1n

const present = (row: {
  user_id: string
  email: string
  name: string
  role: string
  status: string
  source: string
  created_at: Date
}): Member => ({
  userId: row.user_id,
  email: row.email,
  name: row.name,
  role: row.role as RoleName,
  status: row.status as Member['status'],
  source: row.source as Member['source'],
  createdAt: row.created_at,
})
