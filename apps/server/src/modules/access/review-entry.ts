import type { AccessReviewRow } from '@cockpit/contract/access'
import type { Held } from '@cockpit/policy'

/** One permission as the review tells it; `since` says when each assignment began, `joined` when the membership's role did. */
export const entryOf = (
  { permission, reach, grants, deniedBy }: Held,
  since: ReadonlyMap<string | null, Date>,
  joined: Date,
): AccessReviewRow['permissions'][number] => ({
  permission,
  reach: reach === 'all' ? 'account' : 'part',
  parts: reach === 'all' ? [] : [...reach.orgIds, ...reach.teamIds],
  sources: grants.map(({ via, id, role, roleName, expiresAt }) => ({
    via,
    id,
    role: { id: role, name: roleName },
    since: (since.get(id) ?? joined).toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
  })),
  deniedBy: deniedBy && { id: deniedBy.id, reason: deniedBy.reason },
})
