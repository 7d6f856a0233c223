import { type Ctx, reachOf } from '../../platform/index.ts'

type Asked = 'directory.read' | 'directory.write'

/** The teams a caller may see or manage; undefined for all of the account. */
export const teamsWithin = (ctx: Ctx, permission: Asked): readonly string[] | undefined => {
  const reach = reachOf(ctx, permission)
  return reach === 'all' ? undefined : reach.teamIds
}

/** Whether a team lies where the caller may use a permission; one outside answers like a missing one. */
export const isWithin = (ctx: Ctx, permission: Asked, teamId: string): boolean =>
  teamsWithin(ctx, permission)?.includes(teamId) ?? true
