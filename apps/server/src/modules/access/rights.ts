import type { RoleName } from '@cockpit/contract/kit'
import type { Actor, Tx } from '../../platform/index.ts'
import { permissionsFor } from './model.ts'

type Who = { roles: readonly RoleName[] }

/** What a principal may do in an account. Identity asks in the transaction that finds out who sends a request. */
export const rightsOf = async (_tx: Tx, { roles }: Who): Promise<Pick<Actor, 'permissions' | 'delegated'>> => ({
  permissions: permissionsFor(roles),
  delegated: new Map(),
})
