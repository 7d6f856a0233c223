import { type Domain, domains } from '@cockpit/contract/kit'
import { type Ctx, Problem, type Tx } from '../../platform/index.ts'

const onlyDomain: ReadonlyMap<string, Domain> = new Map([
  ['copilot_admin', 'copilot'],
  ['console_admin', 'console'],
])

/** Domains that the caller's token is for; without a word about them, all. One that is unknown here opens nothing. */
const openTo = ({ actor, login }: Ctx): readonly Domain[] => {
  const named = actor.isSuperAdmin ? null : (login?.productDomains ?? null)
  return named === null || named.includes('all') ? domains : domains.filter((domain) => named.includes(domain))
}

/** Whoever vouches for the caller may have restricted them to some domains; the others are not theirs to see. */
export const refuseClosedDomain = (ctx: Ctx, domain: Domain): void => {
  if (!openTo(ctx).includes(domain)) throw new Problem('access.denied', `Your token is not for the domain '${domain}'.`)
}

/** What a list shows: the domain that was asked for, or those that are open to the caller; undefined for all. */
export const domainsShown = (ctx: Ctx, asked: Domain | undefined): readonly Domain[] | undefined => {
  if (asked !== undefined) refuseClosedDomain(ctx, asked)
  const open = asked === undefined ? openTo(ctx) : [asked]
  if (open.length === 0) throw new Problem('access.denied', 'Your token is for no domain of this product.')
  return open.length === domains.length ? undefined : open
}

/** An administrator of one domain changes the orgs and teams of that domain only. */
export const refuseOtherDomain = async ({ sql, ctx }: Tx, domain: Domain): Promise<void> => {
  refuseClosedDomain(ctx, domain)
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

/** Places in teams are given and taken by whoever manages these teams, also through the person instead of the team. */
export const refuseTeamsOfOtherDomains = async (tx: Tx, teamIds: readonly string[]): Promise<void> => {
  if (teamIds.length === 0) return
  const rows = await tx.sql
    .selectFrom('teams')
    .select('domain')
    .distinct()
    .where('account_id', '=', tx.ctx.accountId)
    .where('id', 'in', teamIds)
    .execute()
  for (const { domain } of rows) await refuseOtherDomain(tx, domain as Domain)
}
