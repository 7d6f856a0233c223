import type { RoleName } from '@cockpit/contract/kit'
import type { Ctx } from '../../platform/index.ts'

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
