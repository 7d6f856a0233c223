import type { PlatformRole } from '@cockpit/contract/kit'
import type { PlatformPerson } from '@cockpit/contract/platform-people'
import { sql as raw } from 'kysely'
import { platformAccount, type Tx } from '../../platform/index.ts'

/** The memberships of `platform`, with whom they are of. Needs a platform transaction. */
export const platformPeopleRepository = ({ sql }: Tx) => {
  const all = () =>
    sql
      .selectFrom('memberships as m')
      .innerJoin('users as u', 'u.id', 'm.user_id')
      .select(['u.id', 'u.email', 'u.name', 'u.last_seen_at', 'm.role', 'm.created_at'])
      .where('m.account_id', '=', platformAccount)
  return {
    async all(): Promise<PlatformPerson[]> {
      return (await all().orderBy('m.created_at').orderBy('u.id').execute()).map(present)
    },
    async find(id: string): Promise<PlatformPerson | null> {
      const row = await all().where('u.id', '=', id).executeTakeFirst()
      return row ? present(row) : null
    },
    /** Active super admins, held in one order, each with whether a password or a passkey lets them in. */
    async holdSuperAdmins(): Promise<{ id: string; hasOwnSignIn: boolean }[]> {
      const rows = await sql
        .selectFrom('memberships as m')
        .innerJoin('users as u', 'u.id', 'm.user_id')
        .select('u.id')
        .select(
          raw<boolean>`u.password_hash is not null or exists (select 1 from passkeys k where k.user_id = u.id)`.as(
            'own',
          ),
        )
        .where('m.account_id', '=', platformAccount)
        .where('m.role', '=', 'super_admin')
        .where('m.status', '=', 'active')
        .orderBy('m.user_id')
        .forUpdate('m')
        .execute()
      return rows.map(({ id, own }) => ({ id, hasOwnSignIn: own }))
    },
  }
}

type Row = { id: string; email: string; name: string; role: string; last_seen_at: Date | null; created_at: Date }
const present = (row: Row): PlatformPerson => ({
  id: row.id,
  email: row.email,
  name: row.name,
  role: row.role as PlatformRole,
  lastSeenAt: row.last_seen_at?.toISOString() ?? null,
  since: row.created_at.toISOString(),
})
