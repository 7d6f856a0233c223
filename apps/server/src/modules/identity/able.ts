import { type Permission, rolePermissions } from '@cockpit/contract/permissions'
import { sql } from 'kysely'
import type { Tx } from '../../platform/index.ts'
import type { ActorOf } from './actor.ts'
import { standingOf } from './model.ts'
import { peopleRepository } from './people-repository.ts'

type Asked = { accountId: string; permission: Permission; max: number }
export type Able = { id: string; email: string; name: string }

/**
 * Who of an account, or of the platform, may do something everywhere in it, by whichever role and as far as rules leave it
 * to them. Needs a platform transaction.
 */
export const createAble =
  (actorOf: ActorOf) =>
  async (tx: Tx, { accountId, permission, max }: Asked): Promise<Able[]> => {
    const people = peopleRepository(tx)
    const able: Able[] = []
    for (const person of await mayBeAble(tx, accountId, permission)) {
      // by the same function that lets them do it; where somebody acts decides as what
      const memberships = await people.memberships(person.id)
      const standing = standingOf(memberships, accountId)
      const isHere = memberships.some((one) => one.accountId === accountId && one.status === 'active')
      const actsHere = standing.platform !== null || standing.home?.accountId === accountId
      if (!isHere || !actsHere) continue
      if ((await actorOf(tx, person, standing)).permissions.has(permission)) able.push(person)
      if (able.length === max) return able
    }
    return able
  }

/** Whose role, or one beside it, has the permission; of people of the platform only that they are. Others cannot. */
const mayBeAble = async ({ sql: db }: Tx, accountId: string, permission: Permission): Promise<Able[]> => {
  const roles = Object.entries(rolePermissions).flatMap(([role, held]) => (held.has(permission) ? [role] : []))
  const { rows } = await sql<Able>`
    select u.id, u.email, u.name from memberships m join users u on u.id = m.user_id
    where m.account_id = ${accountId} and m.status = 'active' and (
      m.role = any(${roles}::text[])
      or exists (select from memberships p where p.account_id = 'platform' and p.user_id = m.user_id)
      or exists (
        select from role_assignments a left join custom_roles r on r.account_id = a.account_id and r.id = a.custom_role_id
        where a.account_id = m.account_id and a.user_id = m.user_id
          and (a.role = any(${roles}::text[]) or ${permission} = any(r.permissions))))
    order by u.id`.execute(db)
  return rows
}
