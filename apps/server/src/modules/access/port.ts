import type { RoleName } from '@cockpit/contract/kit'
import type { Ctx } from '../../platform/index.ts'

/** What access asks of identity: the caller's e-mail, and the accounts they may choose with their role in each. */
export type WhoIs = (ctx: Ctx) => Promise<{
  email: string | null
  accounts: { id: string; name: string; status: string; role: RoleName }[]
}>
