import type { Permission } from '@cockpit/contract/permissions'
import type { Ctx } from './context.ts'
import { Problem } from './problem.ts'

/**
 * Whoever has something for a time keeps and gives nothing by it that outlasts it: what these permissions make ends with
 * them, or is refused. `expiresAt` says when it ends by itself; null: never.
 */
export const refuseOutlasting = (
  { actor }: Pick<Ctx, 'actor'>,
  permissions: Iterable<Permission>,
  expiresAt: Date | string | null,
) => {
  const { until, isSuperAdmin } = actor
  if (!until || isSuperAdmin) return
  for (const permission of permissions) {
    const end = until.get(permission)
    if (end && (expiresAt === null || new Date(expiresAt) > end))
      throw new Problem(
        'access.denied',
        `You have '${permission}' until ${end.toISOString()} only, so what you make or give with it must end by then.`,
      )
  }
}
