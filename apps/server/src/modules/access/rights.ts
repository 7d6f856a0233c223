import type { RoleName } from '@cockpit/contract/kit'
import type { Permission } from '@cockpit/contract/permissions'
import type { Tx } from '../../platform/index.ts'
import { permissionsFor } from './model.ts'

type Who = { roles: readonly RoleName[] }

/** What a principal may do in an account. Identity asks in the transaction that finds out who sends a request. */
export const rightsOf = async (_tx: Tx, { roles }: Who): Promise<{ permissions: ReadonlySet<Permission> }> => ({
  permissions: permissionsFor(roles),
})
