import type { MeContext } from '@cockpit/contract/identity'
import type { RoleName } from '@cockpit/contract/kit'
import type { Permission } from '@cockpit/contract/permissions'
import type { Ctx, Tx } from '../../platform/index.ts'

/** What identity asks of the keys room: the working virtual key with this hash, in whichever account it is. */
export type FindKey = (tx: Tx, hash: string) => Promise<{ id: string; name: string; accountId: string } | null>

/** What identity asks of the access room. */
export type PermissionsFor = (roles: readonly RoleName[]) => ReadonlySet<Permission>
export type Describe = (ctx: Ctx) => Promise<MeContext>
