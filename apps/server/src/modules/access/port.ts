import type { CameBy } from '@cockpit/contract/access'
import type { RoleName, RouteScope } from '@cockpit/contract/kit'
import type { ScimToken } from '@cockpit/contract/scim'
import type { Authenticated, Ctx, Problem, Tx } from '../../platform/index.ts'

/** What access asks of identity: the caller's e-mail, and the accounts they may choose with their role in each. */
export type WhoIs = (ctx: Ctx) => Promise<{
  email: string | null
  accounts: { id: string; name: string; status: string; role: RoleName }[]
}>

/** Whoever is asked about: a person or a program, with the roles of their membership in the account that counts. */
export type Who = {
  kind: 'user' | 'service_account' | 'master_key' | 'break_glass'
  id: string
  accountId: string
  roles: readonly RoleName[]
}

/** What access asks of identity: as whom the server would meet a person of the account; null for whoever is not of it. */
export type WouldBe = (
  ctx: Ctx,
  userId: string,
  assumed: { cameBy: CameBy | undefined; isConfirmed: boolean; scope: RouteScope },
) => Promise<{
  name: string
  cameBy: CameBy
  membership: { accountId: string; role: RoleName } | null
  known: Authenticated | null
  refused: Problem | null
} | null>

/** What access asks of the security room: throws for somebody known who may not come from an address. */
export type AdmitsFrom = (known: Authenticated, ip: string) => Promise<void>

/** What access asks of SCIM: the working tokens of the account of a platform transaction, and how far each reaches. */
export type WorkingTokens = (tx: Tx) => Promise<readonly ScimToken[]>
