import { type Domain, domains, type RoleName } from '@cockpit/contract/kit'
import { rolePermissions } from '@cockpit/contract/permissions'
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
export const refuseOtherDomain = async (tx: Tx, at: Date, domain: Domain): Promise<void> => {
  refuseClosedDomain(tx.ctx, domain)
  const { kind, isPlatform } = tx.ctx.actor
  if (isPlatform || (kind !== 'user' && kind !== 'service_account')) return
  const own = domainsOf(await rolesInForce(tx, at))
  if (own.length > 0 && !own.includes(domain))
    throw new Problem('access.denied', `You manage the domain '${own.join("', '")}'; this belongs to '${domain}'.`)
}

type HeldRole = { role: string | null; permissions: readonly string[] | null }

/** The domains that somebody's roles for the whole account confine them to; none when they are not confined. */
const domainsOf = (roles: readonly HeldRole[]): Domain[] => {
  const managing = roles.filter(({ role, permissions }) =>
    role === null ? permissions?.includes('directory.write') : rolePermissions[role as RoleName].has('directory.write'),
  )
  const own = managing.flatMap(({ role }) => onlyDomain.get(role ?? '') ?? [])
  return own.length < managing.length ? [] : own
}

/** Built-in roles by name, and what the account's own roles allow. What is held for a part is bound by that part. */
const rolesInForce = async ({ sql, ctx }: Tx, at: Date): Promise<HeldRole[]> => {
  const { id } = ctx.actor
  const memberships = sql
    .selectFrom('memberships')
    .select((e) => ['role', e.val<string[] | null>(null).as('permissions')] as const)
    .where('account_id', '=', ctx.accountId)
    .where('user_id', '=', id)
  return sql
    .selectFrom('role_assignments as a')
    .leftJoin('custom_roles as r', (join) =>
      join.onRef('r.account_id', '=', 'a.account_id').onRef('r.id', '=', 'a.custom_role_id'),
    )
    .select(['a.role', 'r.permissions'])
    .where('a.account_id', '=', ctx.accountId)
    .where((e) => e.or([e('a.user_id', '=', id), e('a.service_account_id', '=', id)]))
    .where('a.org_id', 'is', null)
    .where('a.team_id', 'is', null)
    .where('a.starts_at', '<=', at)
    .where((e) => e.or([e('a.expires_at', 'is', null), e('a.expires_at', '>', at)]))
    .unionAll(memberships)
    .execute()
}

/** Places in teams are given and taken by whoever manages these teams, also through the person instead of the team. */
export const refuseTeamsOfOtherDomains = async (tx: Tx, at: Date, teamIds: readonly string[]): Promise<void> => {
  if (teamIds.length === 0) return
  const rows = await tx.sql
    .selectFrom('teams')
    .select('domain')
    .distinct()
    .where('account_id', '=', tx.ctx.accountId)
    .where('id', 'in', teamIds)
    .execute()
  for (const { domain } of rows) await refuseOtherDomain(tx, at, domain as Domain)
}
