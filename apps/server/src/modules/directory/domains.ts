import type { Domain } from '@cockpit/contract/kit'
import { Problem, type Tx } from '../../platform/index.ts'

const onlyDomain: ReadonlyMap<string, Domain> = new Map([
  ['copilot_admin', 'copilot'],
  ['console_admin', 'console'],
])

/** An administrator of one domain changes the orgs and teams of that domain only. */
export const refuseOtherDomain = async ({ sql, ctx }: Tx, domain: Domain): Promise<void> => {
  if (ctx.actor.kind !== 'user' || ctx.actor.isPlatform) return
  const row = await sql
    .selectFrom('memberships')
    .select('role')
    .where('account_id', '=', ctx.accountId)
    .where('user_id', '=', ctx.actor.id)
    .executeTakeFirst()
  const own = onlyDomain.get(row?.role ?? '')
  if (own !== undefined && own !== domain)
    throw new Problem('access.denied', `You manage the domain '${own}'; this belongs to '${domain}'.`)
}
