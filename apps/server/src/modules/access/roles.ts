import { accountRoles, platformRoles } from '@cockpit/contract/kit'
import type { Permission } from '@cockpit/contract/permissions'
import type { NewRole, Role, RolePatch } from '@cockpit/contract/roles'
import {
  type Clock,
  type Ctx,
  changesOf,
  type Db,
  newId,
  Problem,
  platformAccount,
  refuseOutlasting,
  type Tx,
} from '../../platform/index.ts'
import type { KeepAdmin } from './administrators.ts'
import { refuseAbove, roleColumns, roleToGive } from './giving.ts'
import { builtInRole, ceilingOf, customRole, type GivenRole } from './model.ts'
import { type CustomRoleRow, roleRepository } from './roles-repository.ts'

/** Roles that can be held here: the built-in ones, and those made in this account or for the platform. */
export const createRoles = ({ db, now, keepAdmin }: { db: Db; now: Clock; keepAdmin: KeepAdmin }) => {
  const changing = <T>(ctx: Ctx, work: (tx: Tx) => Promise<T>) =>
    db.tenant(ctx, (tx) => keepAdmin(tx, ctx.accountId, () => work(tx)))

  const hold = async (tx: Tx, id: string) =>
    (await roleRepository(tx, now()).hold(id)) ??
    (() => {
      throw new Problem('role.not_found', 'There is no such role here.')
    })()

  const shown = async (tx: Tx, id: string): Promise<Role> => {
    const roles = roleRepository(tx, now())
    const row = await roles.find(id)
    if (!row) throw new Error(`role ${id} vanished in its own transaction`)
    return presentCustom(row, await roles.holders())
  }

  return {
    list: (ctx: Ctx): Promise<{ items: Role[] }> =>
      db.tenant(ctx, async (tx) => {
        const roles = roleRepository(tx, now())
        const holders = await roles.holders()
        const builtIn = ctx.accountId === platformAccount ? platformRoles : accountRoles
        return {
          items: [
            ...builtIn.map((name) => present(builtInRole(name), holders, { description: null, createdAt: null })),
            ...(await roles.all()).map((row) => presentCustom(row, holders)),
          ],
        }
      }),

    create: (ctx: Ctx, input: NewRole): Promise<Role> =>
      db.tenant(ctx, async (tx) => {
        const permissions = permitted(tx, input.permissions)
        const id = newId('rol', now())
        const { name, description } = input
        await roleRepository(tx, now()).insert({ id, name, description, permissions, created_at: now() })
        await tx.emit('role.created', {
          subject: { type: 'role', id, name },
          after: { name, description, permissions },
        })
        return shown(tx, id)
      }),

    update: (ctx: Ctx, id: string, patch: RolePatch): Promise<Role> =>
      changing(ctx, async (tx) => {
        const current = await hold(tx, id)
        refuseAbove(tx, customRole(current).permissions, `The role '${current.name}'`)
        const had = new Set<Permission>(customRole(current).permissions)
        // its holders have it from now on, whoever they are
        refuseOutlasting(
          tx.ctx,
          (patch.permissions ?? []).filter((permission) => !had.has(permission)),
          null,
        )
        const changes = changesOf(told(current), {
          ...patch,
          ...(patch.permissions && { permissions: permitted(tx, patch.permissions) }),
        })
        if (!changes) return shown(tx, id)
        const name = patch.name ?? current.name
        await roleRepository(tx, now()).update(id, changes.after, name)
        await tx.emit('role.updated', {
          subject: { type: 'role', id, name },
          ...changes,
        })
        return shown(tx, id)
      }),

    remove: (ctx: Ctx, id: string, replacement: string | undefined) =>
      changing(ctx, async (tx) => {
        const current = await hold(tx, id)
        refuseAbove(tx, customRole(current).permissions, `The role '${current.name}'`)
        const roles = roleRepository(tx, now())
        const uses = await roles.uses(id)
        if (uses > 0) {
          if (replacement === undefined || replacement === id)
            throw new Problem(
              'role.in_use',
              `'${current.name}' is used ${uses === 1 ? 'once' : `${uses} times`}; say which role takes its place.`,
            )
          const next = await roleToGive(tx, replacement, now())
          refuseAbove(tx, next.permissions, `The role '${next.name}'`)
          refuseOutlasting(tx.ctx, next.permissions, null)
          await roles.replace(id, roleColumns(next))
        }
        await roles.remove(id)
        await tx.emit('role.deleted', {
          subject: { type: 'role', id, name: current.name },
          before: told(current),
          after: uses > 0 ? { replacement } : null,
        })
      }),
  }
}

/** In one order and once each, at most what the caller holds, and nothing that cannot be held in this account. */
const permitted = (tx: Tx, wanted: readonly Permission[]): Permission[] => {
  const fits = ceilingOf(tx.ctx.accountId)
  const errors = wanted.flatMap((permission, index) =>
    fits(permission) ? [] : [{ pointer: `/permissions/${index}`, detail: 'belongs to the platform' }],
  )
  if (errors.length > 0)
    throw new Problem('input.invalid', 'A role of an account cannot hold permissions of the platform.', { errors })
  refuseAbove(tx, wanted, 'This role')
  return [...new Set(wanted)].sort()
}

const told = (row: CustomRoleRow) => ({
  name: row.name,
  description: row.description,
  permissions: [...customRole(row).permissions],
})

type Holders = ReadonlyMap<string, number>
const presentCustom = (row: CustomRoleRow, holders: Holders): Role =>
  present(customRole(row), holders, { description: row.description, createdAt: row.created_at.toISOString() })

const present = (role: GivenRole, holders: Holders, more: Pick<Role, 'description' | 'createdAt'>): Role => ({
  id: role.id as Role['id'],
  name: role.name,
  builtIn: role.builtIn,
  permissions: [...role.permissions].sort(),
  sectionPermissions: [...role.sectionPermissions].sort(),
  holders: holders.get(role.id) ?? 0,
  ...more,
})
